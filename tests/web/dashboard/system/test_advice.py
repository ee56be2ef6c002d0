"""What the System page advises: plain words for what is wrong, and what to do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.botkit import Bot
from pipeline.database import Database
from pipeline.queries.system import Lanes, Number, Overview, Process, Waiting
from tests.builders import a_bot, a_runtime
from tests.pipeline.queries.test_system import NOW
from web.dashboard.system.advice import advice

POOLS = ("converse", "dispatch", "clock")
LONG = Waiting(1, timedelta(minutes=5))


def healthy() -> Overview:
    nothing = Waiting()
    return Overview(
        database="SQLite",
        inbox=nothing,
        queued=nothing,
        sending=nothing,
        unknown=nothing,
        inbound=Lanes(0, 0),
        outbound=Lanes(0, 0),
        processes=tuple(Process(pool, f"{pool}@host:1", NOW, None) for pool in POOLS),
        numbers=(),
    )


def a_sound_bot() -> Bot:
    bot = a_bot()
    bot.awaits("hub", to=[*bot.states])(lambda _turn: None)
    bot.command("hub")(lambda turn: turn.message.text)
    return bot


def told(database: Database, found: Overview, broker: str = "", **settings: Any) -> str:
    items = advice(a_runtime(database, a_sound_bot(), **settings), found, broker)
    return "\n".join(f"{item.what} {item.todo} {item.command}" for item in items)


def without(pool: str) -> tuple[Process, ...]:
    return tuple(one for one in healthy().processes if one.pool != pool)


def test_healthy_system_needs_nobody(database: Database) -> None:
    assert told(database, healthy()) == ""


def test_no_worker_at_all_is_one_advice(database: Database) -> None:
    words = told(database, replace(healthy(), processes=()))
    assert "parley up" in words
    assert words.count("\n") == 0


@pytest.mark.parametrize(
    ("pool", "words"),
    [("converse", "incoming messages are queued"), ("dispatch", "replies are queued")],
)
def test_missing_pool_is_named(database: Database, pool: str, words: str) -> None:
    found = told(database, replace(healthy(), processes=without(pool)))
    assert f"No {pool} worker" in found
    assert words in found
    assert f"Procfile's {pool} line" in found


def test_silent_process_counts_as_missing(database: Database) -> None:
    silent = Process("clock", "clock@host:1", NOW, NOW)
    found = replace(healthy(), processes=(*without("clock"), silent))
    assert "No clock worker" in told(database, found)


def test_broker_that_is_away_is_told_with_a_command(database: Database) -> None:
    words = told(database, healthy(), "no answer in 1 s", broker_url="redis://127.0.0.1:1")
    assert "The broker is unreachable: no answer in 1 s." in words
    assert "BROKER_URL" in words
    assert "parley doctor" in words
    assert "write access there" in told(database, healthy(), "var/broker is not writable")


def test_stopped_number_is_told_with_its_reason(database: Database) -> None:
    number = Number("sms", "+14155550100", 0, True, NOW, "Suspended (20005).")
    words = told(database, replace(healthy(), numbers=(number,), queued=LONG))
    assert "+1 415-555-0100 has stopped sending on SMS. Suspended (20005)." in words
    assert "oldest reply" not in words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (replace(healthy(), inbox=LONG), "incoming message has been queued for 5 min"),
        (replace(healthy(), queued=LONG), "oldest reply has been queued for 5 min"),
        (replace(healthy(), unknown=LONG), "an unknown outcome for 5 min"),
    ],
)
def test_old_work_is_told_with_its_age(database: Database, found: Overview, words: str) -> None:
    assert words in told(database, found)


def test_old_work_is_no_news_where_no_worker_is(database: Database) -> None:
    found = replace(healthy(), inbox=LONG, processes=without("converse"))
    assert "oldest" not in told(database, found)


def test_provider_that_cannot_call_is_told(database: Database) -> None:
    words = told(database, healthy(), provider="twilio", public_url="http://127.0.0.1:8000")
    assert "PUBLIC_URL" in words


def test_states_without_a_way_are_told(database: Database) -> None:
    bot = Bot("odd", start="start")
    bot.awaits("start", to=["start"])(lambda _turn: None)
    bot.awaits("island", to=["start"])(lambda _turn: None)
    items = advice(a_runtime(database, bot), healthy(), "")
    assert "Bot state “island”: no transition leads here" in items[-1].what
    assert not any(item.is_bad for item in items)
