"""`parley chat` beside workers: it writes and listens, and runs no turn with its own bot."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.database import Database
from pipeline.queries import queues
from pipeline.records.stats import workers
from tests.parley.commands import parley

BOT = """
from pipeline.botkit import Bot
bot = Bot("{name}", start="start")
@bot.awaits("start")
def start(turn):
    turn.say("I am {name}.")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with a database and two bots."""
    for name in ("mine", "other"):
        (tmp_path / f"{name}.py").write_text(BOT.format(name=name))
    parley(tmp_path, "db", "upgrade")
    return tmp_path


def a_worker(folder: Path, bot: str, *, age: timedelta = timedelta()) -> None:
    """A sign of life of a converse worker, which does nothing."""
    database = Database(f"sqlite:///{folder}/var/parley.db")
    with database.write() as connection:
        now = database.now(connection) - age
        workers.beat(connection, "converse@test:1", "converse", now, bot=bot)
    database.close()


def entries(folder: Path) -> int:
    database = Database(f"sqlite:///{folder}/var/parley.db")
    with database.read() as connection:
        count = queues.inbox(connection, database.now(connection)).count
    database.close()
    return count


@pytest.mark.parametrize("settings", [{}, {"BOT": "mine:bot"}])
def test_turns_are_left_to_workers(folder: Path, settings: dict[str, str]) -> None:
    a_worker(folder, "mine:bot")
    talk = parley(folder, "chat", text="hi\n", TURN_LIMIT_SECONDS="1", **settings)
    assert "talking to mine:bot" in talk.stdout
    assert "I am" not in talk.stdout
    assert "(no reply yet)" in talk.stdout
    assert entries(folder) == 1


@pytest.mark.parametrize("words", [("--bot", "other:bot"), ()])
def test_another_bot_than_that_of_the_workers_is_refused(
    folder: Path, words: tuple[str, ...]
) -> None:
    a_worker(folder, "mine:bot")
    settings = {} if words else {"BOT": "other:bot"}
    done = parley(folder, "chat", *words, text="hi\n", **settings)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "Error: The workers run mine:bot, so other:bot can't answer here."
    )
    assert "start them with BOT=other:bot" in done.stderr
    assert entries(folder) == 0


def test_without_workers_it_runs_the_turns(folder: Path) -> None:
    a_worker(folder, "mine:bot", age=timedelta(minutes=1))
    talk = parley(folder, "chat", "--bot", "other:bot", text="hi\n")
    assert "bot: I am other." in talk.stdout
    assert entries(folder) == 0
