"""/api/v1/states: the bot's states and what is open in each."""

from datetime import UTC, datetime

from pipeline.database import Database
from tests.builders import a_conversation
from tests.web.conftest import Caller


def test_states_have_counts_and_strangers(api: Caller, database: Database) -> None:
    a_conversation(database, state="support")
    a_conversation(database, state="support")
    a_conversation(database, state="support", closed_at=datetime.now(UTC))
    a_conversation(database, state="gone")
    assert api("GET", "/states").get_json()["items"] == [
        {"state": "start", "known": True, "conversations": 0},
        {"state": "support", "known": True, "conversations": 2},
        {"state": "greet", "known": True, "conversations": 0},
        {"state": "gone", "known": False, "conversations": 1},
    ]
