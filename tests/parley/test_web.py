"""`parley web`: what it does without a bot that can be loaded."""

import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import func, select

from pipeline.database import Database
from pipeline.records.core.inbox import Entry
from proving.faults.processes import family_of
from tests.parley.commands import answers, parley, running, text_the_bot, wait_until
from tests.processes import is_running

PASSWORD = "seven green lamps"


def page_of_an_admin(folder: Path, url: str) -> str:
    """The page that somebody sees who has just signed in."""
    words = ("user", "add", "ada@example.com", "--role", "admin", "--password-stdin")
    parley(folder, *words, text=f"{PASSWORD}\n")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    form = browser.open(f"{url}/sign-in").read().decode()
    token = form.partition('name="csrf_token" value="')[2].partition('"')[0]
    given = {"csrf_token": token, "email": "ada@example.com", "password": PASSWORD}
    page: str = browser.open(f"{url}/sign-in", urlencode(given).encode()).read().decode()
    return page


def test_without_a_bot_messages_are_taken_and_pages_say_why(tmp_path: Path) -> None:
    parley(tmp_path, "db", "upgrade")
    (tmp_path / "mine.py").write_text("from pipeline.botkit import Nothing\n")
    with running(tmp_path, "web", "--workers", "1", BOT="mine:bot") as (port, _):
        text_the_bot(port, "hi")
        page = page_of_an_admin(tmp_path, f"http://127.0.0.1:{port}")
    assert "The bot can't be loaded" in page
    assert "mine.py:1: ImportError" in page
    assert "The bot cannot be loaded" in (tmp_path / "output.txt").read_text()
    database = Database(f"sqlite:///{tmp_path}/var/parley.db")
    with database.read() as connection:
        taken = connection.execute(select(func.count()).select_from(Entry)).scalar_one()
    database.close()
    assert taken == 1


def test_workers_stop_when_their_parent_is_killed(tmp_path: Path) -> None:
    parley(tmp_path, "db", "upgrade")
    with running(tmp_path, "web", "--workers", "2") as (port, server):
        workers = family_of(server.pid)[1:]
        assert len(workers) >= 2
        server.kill()
        server.wait()
        wait_until(lambda: not any(map(is_running, workers)), 10)
        assert not answers(f"http://127.0.0.1:{port}/healthz")
    assert "the parent process has ended" in (tmp_path / "output.txt").read_text()
