"""`parley states` looks at timers, too, and waits for workers of another version."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from pipeline.database import Database
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.timers import Timer
from tests.builders import a_conversation, a_timer, a_worker, rows
from tests.parley.commands import parley
from tests.parley.test_states_guard import BOT


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> dict[str, str]:
    (tmp_path / "desk.py").write_text(BOT)
    return {"BOT": "desk:bot", "DATABASE_URL": database_url}


def a_reminder(database: Database, to_state: str, **values: Any) -> Row[Any]:
    return a_timer(database, a_conversation(database, state="welcome"), to_state=to_state, **values)


def test_timers_to_known_states_pass(
    tmp_path: Path, database: Database, settings: dict[str, str]
) -> None:
    for state in ("welcome", "ask_name", "ask_address"):
        a_reminder(database, state)
    done = parley(tmp_path, "states", "--check", **settings)
    assert (done.returncode, done.stdout.splitlines()[1:]) == (
        0,
        ["It has every state that 3 pending timers lead to."],
    )


def test_timers_to_removed_states_fail_with_the_command(
    tmp_path: Path, database: Database, settings: dict[str, str]
) -> None:
    for state in ("ask_email", "ask_email", "welcome"):
        a_reminder(database, state)
    a_reminder(database, "gone", name="nudge")
    done = parley(tmp_path, "states", "--check", **settings)
    assert done.returncode == 1
    assert "2 pending timers lead to `ask_email`, which this bot does not have" in done.stdout
    assert "parley states map ask_email " in done.stdout
    assert "parley states reset ask_email" not in done.stdout
    assert "gone" not in done.stdout


def test_map_leads_timers_to_the_new_state(
    tmp_path: Path, database: Database, settings: dict[str, str]
) -> None:
    for state in ("ask_email", "ask_address"):
        a_reminder(database, state)
    words = ("states", "map", "ask_email", "take_name")
    done = parley(tmp_path, *words, **settings)
    assert "1 pending timer leads to `ask_email` and would lead to `take_name`." in done.stdout
    done = parley(tmp_path, *words, "--yes", **settings)
    assert done.returncode == 0
    assert "1 pending timer leads to `take_name` now." in done.stdout
    assert sorted(row.to_state for row in rows(database, Timer)) == ["ask_address", "take_name"]
    assert parley(tmp_path, "states", "--check", **settings).returncode == 0


@pytest.mark.parametrize("words", [["map", "ask_email", "take_name"], ["reset", "ask_email"]])
def test_nothing_moves_beside_workers_of_another_version(
    tmp_path: Path, database: Database, settings: dict[str, str], words: list[str]
) -> None:
    a_conversation(database, state="ask_email")
    a_worker(database, "converse", bot_version="of-yesterday")
    done = parley(tmp_path, "states", *words, "--yes", **settings)
    assert done.returncode == 1
    assert "1 with of-yesterday" in done.stderr
    assert "--force" in done.stderr
    assert [row.state for row in rows(database, Conversation)] == ["ask_email"]
    done = parley(tmp_path, "states", *words, "--yes", "--force", **settings)
    assert done.returncode == 0
    assert [row.state for row in rows(database, Conversation)] != ["ask_email"]


def test_workers_that_are_gone_or_run_no_bot_are_no_reason(
    tmp_path: Path, database: Database, settings: dict[str, str]
) -> None:
    a_conversation(database, state="ask_email")
    a_worker(database, "dispatch")
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    a_worker(database, "converse", bot_version="of-yesterday", seen_at=long_ago)
    done = parley(tmp_path, "states", "map", "ask_email", "take_name", "--yes", **settings)
    assert (done.returncode, done.stderr) == (0, "")
