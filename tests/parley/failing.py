"""What failed, for tests of `parley failures`: turns that were parked, messages that went wrong."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from pipeline.database import Database
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message
from tests.builders import a_message, an_entry, an_inbound, rows
from tests.stage import ADA

NOW = datetime.now(UTC)
ERROR = "RuntimeError: broken\n\nTraceback (most recent call last):\n  line 7\n"


def parked(database: Database, lane: str = ADA, text: str = "hi", **values: Any) -> Row[Any]:
    message = an_inbound(text, contact_key=lane, phone=lane)
    given = {
        "lane": lane,
        "payload": {"message": message.to_json(), "form": {}},
        "status": "parked",
        "is_filed": True,
        "attempts": 5,
        "handled_at": NOW,
        "error": ERROR,
    }
    return an_entry(database, **(given | values))


def failed(database: Database, talk: Row[Any], **values: Any) -> Row[Any]:
    given = {"direction": "outbound", "status": "undelivered", "failed_at": NOW}
    return a_message(database, talk, **(given | {"error": "The phone is off."} | values))


def statuses(database: Database) -> list[str]:
    return [row.status for row in sorted(rows(database, Entry), key=lambda row: row.id)]


def resent(database: Database) -> list[str]:
    found = sorted(rows(database, Message), key=lambda row: row.id)
    return [row.body for row in found if row.author == "parley failures"]


def is_notified(folder: Path, pool: str) -> bool:
    return any(folder.glob(f"**/*.{pool}.msg"))
