"""Backlogs and histories of any size, loaded by COPY, for growth.py."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, text

from pipeline.database import Database
from pipeline.ids import new_id
from pipeline.jsons import to_json
from pipeline.messages import Inbound
from pipeline.records.core import inbox

OUR_NUMBER = "+15550100"
MESSAGES_A_CONTACT = 5
_ENTRY = (
    "kind",
    "provider",
    "account_id",
    "provider_id",
    "lane",
    "payload",
    "status",
    "is_filed",
    "attempts",
    "error",
    "received_at",
    "handled_at",
)


def inbound(lane: str, number: int) -> Inbound:
    """Message `number` of the contact with this phone number."""
    return Inbound(
        provider="simulator",
        account_id="simulator",
        provider_id=f"SM{lane}-{number:024}",
        channel="sms",
        contact_key=lane,
        phone=lane,
        recipient=OUR_NUMBER,
        text=f"message {number}",
    )


def write(database: Database, messages: int, prefix: str = "+1415") -> None:
    """A backlog of new contacts who wrote five messages each, all mixed."""
    contacts = max(1, messages // MESSAGES_A_CONTACT)
    _load(database, (inbound(f"{prefix}{n % contacts:07}", n) for n in range(messages)))


def flood(database: Database, messages: int, lane: str = "+14440000000") -> None:
    """A backlog of one contact."""
    _load(database, (inbound(lane, n) for n in range(messages)))


def handled(database: Database, messages: int, days: int, prefix: str = "+1416") -> None:
    """Entries that were handled so many days ago, kept as keys."""
    settled = {"status": "handled", "is_filed": True, "days": days}
    _load(database, (inbound(f"{prefix}{n % 9_999_991:07}", n) for n in range(messages)), **settled)


def _load(database: Database, messages: Iterable[Inbound], **values: Any) -> None:
    given = {"status": "waiting", "is_filed": False, "days": 0} | values
    with database.write() as connection:
        moment = text("SELECT clock_timestamp() - CAST(:days AS integer) * interval '1 day'")
        at = connection.execute(moment, {"days": given["days"]}).scalar_one()
        handled_at = at if given["status"] == "handled" else None
        rest = (given["status"], given["is_filed"], 0, "", at, handled_at)
        _copy(connection, _rows(messages, rest))


def _rows(messages: Iterable[Inbound], rest: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for message in messages:
        values = inbox.entry(message, {"Body": [message.text]})
        first = (values[name] for name in _ENTRY[:5])
        yield (*first, to_json(values["payload"]), *rest)


def _copy(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f"COPY inbox ({', '.join(_ENTRY)}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement) as to:
        for row in rows:
            to.write_row(row)


def back_off(database: Database, lanes: int) -> None:
    """Contacts whose turn and whose reply have failed, and are tried again in an hour."""
    with database.write() as connection:
        connection.execute(text(_WAITING), {"lanes": lanes, "salt": new_id().hex})
        for statement in (_CONTACTS, _TURNS, _REPLIES, _LANES):
            connection.execute(text(statement))


_WAITING = """
CREATE TEMP TABLE waiting ON COMMIT DROP AS
SELECT '+1417' || lpad(CAST(n AS text), 7, '0') AS key, n,
  CAST(md5(CAST(:salt AS text) || n) AS uuid) AS id
FROM generate_series(1, CAST(:lanes AS integer)) n
"""
_CONTACTS = """
INSERT INTO contact (id, key, phone, name, attributes, opt_outs, is_blocked, created_at)
SELECT id, key, key, '', '{}', '{}', false, now() FROM waiting
"""
_TURNS = """
INSERT INTO inbox (kind, provider, account_id, provider_id, lane, payload, status, is_filed,
  attempts, error, received_at)
SELECT 'message', 'simulator', 'simulator', 'back-off' || n, key, '{}', 'waiting', true, 1,
  'ValueError', now() FROM waiting
"""
_REPLIES = """
INSERT INTO message (public_id, contact_id, direction, channel, our_number, kind, body, content,
  media, author, status, provider, error_code, error, attempts, looks, resends, status_times,
  created_at)
SELECT gen_random_uuid(), id, 'outbound', 'sms', '+15550100', 'text', 'hello', '{}', '[]', 'bot',
  'queued', 'simulator', '', 'no answer', 1, 0, 0, '{}', now() FROM waiting
"""
_LANES = """
INSERT INTO lane (direction, key, due_at, has_more, attempts)
SELECT direction, key, now() + interval '1 hour' + n * interval '1 millisecond', false, 1
FROM waiting, (VALUES ('inbound'), ('outbound')) d(direction)
"""
