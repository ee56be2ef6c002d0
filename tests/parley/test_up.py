"""`parley up`: one process answers, survives being killed, and stops when told to."""

import json
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from pipeline import accounts
from pipeline.database import Database
from pipeline.records.core.messages import Message
from tests.parley.commands import parley, running, text_the_bot, wait_until


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """The database that the commands make in their folder."""
    opened = Database(f"sqlite:///{tmp_path}/var/parley.db")
    yield opened
    opened.close()


def replies(database: Database) -> list[str]:
    """The status of every reply."""
    with database.read() as connection:
        query = select(Message.status).where(Message.direction == "outbound")
        return list(connection.execute(query).scalars())


def delivered(database: Database) -> int:
    return replies(database).count("delivered")


def test_up_answers_and_stops_in_three_seconds(tmp_path: Path, database: Database) -> None:
    with running(tmp_path, "up") as (port, process):
        text_the_bot(port, "hi")
        wait_until(lambda: delivered(database) == 1, 10)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - started < 5
    output = (tmp_path / "output.txt").read_text()
    assert "curl http://127.0.0.1:" in output
    assert "Traceback" not in output
    assert "warning" not in output.lower()
    assert list(tmp_path.glob("celerybeat*")) == []


def test_first_admin_is_made_by_a_link_that_works_once(tmp_path: Path, database: Database) -> None:
    with running(tmp_path, "up"):
        wait_until(lambda: links(tmp_path) != [], 10)
        (token,) = links(tmp_path)
        accounts.accept(database, token, "ada@example.com", "seven green lamps", agent="a browser")
    with running(tmp_path, "up"):
        wait_until(lambda: (tmp_path / "output.txt").read_text().count("Parley is up") == 2, 10)
    assert links(tmp_path) == [token]


def links(folder: Path) -> list[str]:
    """The invitations that were printed."""
    return re.findall(r"/welcome/([\w-]+)", (folder / "output.txt").read_text())


def test_up_goes_on_after_being_killed(tmp_path: Path, database: Database) -> None:
    with running(tmp_path, "up") as (port, process):
        for number in range(20):
            text_the_bot(port, "hi", f"+1415555{number:04}")
        process.kill()
        process.wait()
    with running(tmp_path, "up"):
        wait_until(lambda: len(replies(database)) >= 20, 40)
        time.sleep(1)
    assert len(replies(database)) == 20
    # A send that was killed is looked up before it is sent again, which takes a minute.
    assert set(replies(database)) <= {"delivered", "sending", "unknown"}


def test_workers_of_up_are_alive(tmp_path: Path, database: Database) -> None:
    with running(tmp_path, "up") as (port, _), database.read():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            assert json.load(answer)["status"] == "ok"
        report = parley(tmp_path, "doctor")
        assert report.returncode == 0
        assert "warn" not in report.stdout


def test_chat_beside_up_is_answered_once(tmp_path: Path, database: Database) -> None:
    with running(tmp_path, "up"):
        talk = parley(tmp_path, "chat", text="hi\n1\n")
    assert talk.stdout.count("bot: ") == 2
    assert delivered(database) == 2


BOT = """
from pipeline.botkit import Bot

bot = Bot("desk", start="welcome")

@bot.awaits("welcome")
def welcome(turn):
    turn.say("one")
"""


def test_chat_beside_up_talks_to_the_bot_that_runs(tmp_path: Path, database: Database) -> None:
    (tmp_path / "desk.py").write_text(BOT)
    (tmp_path / "other.py").write_text(BOT.replace('"one"', '"two"'))
    with running(tmp_path, "up", BOT="desk:bot"):
        talk = parley(tmp_path, "chat", text="hi\nhi\nhi\n")
        refused = parley(tmp_path, "chat", "--bot", "other:bot", text="hi\n")
    assert "talking to desk:bot" in talk.stdout
    assert bodies(database) == ["one", "one", "one"]
    assert refused.returncode == 1
    assert "The workers run desk:bot" in refused.stderr


def bodies(database: Database) -> list[str]:
    """What was said, in order."""
    with database.read() as connection:
        query = select(Message.body).where(Message.direction == "outbound").order_by(Message.id)
        return list(connection.execute(query).scalars())


def test_saved_bot_file_is_used_by_the_next_message(tmp_path: Path, database: Database) -> None:
    file = tmp_path / "desk.py"
    file.write_text(BOT)
    with running(tmp_path, "up", BOT="desk:bot") as (port, _):
        text_the_bot(port, "hi")
        wait_until(lambda: bodies(database) == ["one"], 10)
        file.write_text(BOT.replace("one", "two"))
        wait_until(lambda: output(tmp_path).count("Reloaded desk: version ") == 1, 5)
        text_the_bot(port, "hi")
        wait_until(lambda: bodies(database) == ["one", "two"], 10)
        file.write_text(BOT.replace("turn.say", "trun.say(").replace("one", "six"))
        wait_until(lambda: "runs as it was before the edit" in output(tmp_path), 5)
        assert "desk.py:8: SyntaxError" in output(tmp_path)
        text_the_bot(port, "hi")
        wait_until(lambda: bodies(database) == ["one", "two", "two"], 10)
        file.write_text(BOT.replace("one", "ten"))
        wait_until(lambda: output(tmp_path).count("Reloaded desk: version ") == 2, 5)
        text_the_bot(port, "hi")
        wait_until(lambda: bodies(database) == ["one", "two", "two", "ten"], 10)


def output(folder: Path) -> str:
    return (folder / "output.txt").read_text()


@pytest.mark.parametrize("command", ["up", "web"])
def test_taken_port_is_one_clear_line(tmp_path: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = parley(tmp_path, command, PORT=port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: PORT: {port} on 127.0.0.1 cannot be used")
    assert done.stderr.count("\n") == 1
