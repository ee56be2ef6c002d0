"""The guard of a deploy: states of the database that the code lacks, and the way out of them."""

from pathlib import Path

import pytest

from pipeline.database import Database
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.timers import Timer
from pipeline.records.core.transitions import Transition
from tests.builders import a_contact, a_conversation, rows
from tests.parley.commands import parley

BOT = """
from datetime import timedelta
from pipeline.botkit import Bot

bot = Bot("desk", start="welcome")
bot.renamed("ask_name", "take_name")

@bot.awaits("welcome", to=["take_name", "ask_address"])
def welcome(turn):
    return None

@bot.awaits("take_name", timeout=timedelta(minutes=5), on_timeout="welcome")
def take_name(turn):
    return "welcome"

@bot.awaits("ask_address")
def ask_address(turn):
    return "welcome"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "desk.py").write_text(BOT)
    return tmp_path


def fill(database: Database, **states: int) -> None:
    for state, number in states.items():
        for _ in range(number):
            a_conversation(database, a_contact(database), state=state, data={"name": "Ada"})


def test_known_and_renamed_states_pass(folder: Path, database: Database, database_url: str) -> None:
    fill(database, welcome=2, ask_name=1)
    done = parley(folder, "states", "--check", BOT="desk:bot", DATABASE_URL=database_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "desk has every state that 3 conversations are in.\n"


def test_removed_states_fail_with_the_commands(
    folder: Path, database: Database, database_url: str
) -> None:
    fill(database, welcome=1, ask_email=2, ask_adress=1, **{"it's odd": 1})
    done = parley(folder, "states", "--check", BOT="desk:bot", DATABASE_URL=database_url)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "2 conversations are in `ask_email`, which this bot does not have" in lines
    assert "1 conversation is in `ask_adress`, which this bot does not have" in lines
    assert "  parley states map ask_adress ask_address " in done.stdout
    assert "  parley states reset ask_email " in done.stdout
    assert """reset 'it'"'"'s odd' """ in done.stdout
    assert sum("does not have" in line for line in lines) == 3


def test_nothing_moves_without_yes(folder: Path, database: Database, database_url: str) -> None:
    fill(database, ask_email=2)
    for words in (["map", "ask_email", "take_name"], ["reset", "ask_email"]):
        done = parley(folder, "states", *words, BOT="desk:bot", DATABASE_URL=database_url)
        assert done.returncode == 0
        assert "2 conversations are in `ask_email` and would " in done.stdout
        assert "--yes" in done.stdout
    assert rows(database, Transition) == rows(database, AuditEntry) == []


def test_map_moves_all_and_arms_timeouts(
    folder: Path, database: Database, database_url: str
) -> None:
    fill(database, ask_email=2, welcome=1)
    settings = {"BOT": "desk:bot", "DATABASE_URL": database_url}
    done = parley(folder, "states", "map", "ask_email", "take_name", "--yes", **settings)
    assert done.stdout == "2 of 2 in `ask_email` now continue in `take_name`.\n"
    states = sorted(row.state for row in rows(database, Conversation))
    assert states == ["take_name", "take_name", "welcome"]
    assert all(row.data == {"name": "Ada"} for row in rows(database, Conversation))
    assert [timer.to_state for timer in rows(database, Timer)] == ["welcome"] * 2
    (entry,) = rows(database, AuditEntry)
    assert (entry.actor, entry.details["found"]) == ("parley states", 2)
    assert {step.reason for step in rows(database, Transition)} == {
        "parley states map ask_email take_name"
    }
    assert parley(folder, "states", "--check", **settings).returncode == 0


def test_reset_begins_again_without_data(
    folder: Path, database: Database, database_url: str
) -> None:
    fill(database, ask_email=1)
    settings = {"BOT": "desk:bot", "DATABASE_URL": database_url}
    done = parley(folder, "states", "reset", "ask_email", "--yes", **settings)
    assert done.stdout == "1 of 1 in `ask_email` now restart in `welcome`, without data.\n"
    (talk,) = rows(database, Conversation)
    assert (talk.state, talk.data) == ("welcome", {})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["map", "ask_email", "nowhere", "--yes"], "desk has no state 'nowhere'; it has: welcome"),
        (["--check", "reset", "ask_email"], "--check cannot be combined with a subcommand"),
    ],
)
def test_impossible_words_are_refused(
    folder: Path, database: Database, database_url: str, words: list[str], said: str
) -> None:
    fill(database, ask_email=1)
    done = parley(folder, "states", *words, BOT="desk:bot", DATABASE_URL=database_url)
    assert done.returncode != 0
    assert said in done.stderr
    assert rows(database, Transition) == []


def test_empty_state_is_said_so(folder: Path, database_url: str) -> None:
    settings = {"BOT": "desk:bot", "DATABASE_URL": database_url}
    done = parley(folder, "states", "map", "ask_email", "welcome", "--yes", **settings)
    assert (done.returncode, done.stdout) == (0, "No open conversation is in `ask_email`.\n")


def test_check_without_tables_fails(folder: Path) -> None:
    done = parley(folder, "states", "--check", BOT="desk:bot")
    assert done.returncode == 1
    assert "run `parley db upgrade`" in done.stderr
