"""The simulator's clock: a contact's past moves back, and what follows from that happens."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from pipeline import override
from pipeline.botkit import Bot, Turn
from pipeline.database import Database
from pipeline.errors import ChangeRefused, NotFound
from pipeline.records.core.contacts import Contact
from pipeline.records.core.messages import Message
from pipeline.records.core.timers import Timer
from pipeline.records.core.transitions import Transition
from pipeline.runtime import Runtime
from tests.builders import a_contact, a_runtime, rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, BOB, Stage, echo

HOUR = 3600


def patient_bot() -> Bot:
    bot = Bot("tester", start="start")

    @bot.awaits("start", timeout=timedelta(hours=2), on_timeout="late")
    def start(turn: Turn) -> None:
        turn.say(turn.message.text)

    @bot.sends("late", then="start")
    def late(turn: Turn) -> None:
        turn.say("Are you there?")

    return bot


def contact_id(s: Stage, key: str = ADA) -> uuid.UUID:
    found: uuid.UUID = next(row.id for row in rows(s.database, Contact) if row.key == key)
    return found


def passes(s: Stage, seconds: int) -> None:
    override.elapse(s.runtime, contact_id(s), seconds, actor="ada")
    s.ticks()
    s.plays()


def test_time_out_falls_due_for_one(stage: MakeStage) -> None:
    s = stage(patient_bot())
    for contact in (ADA, BOB):
        s.hears("hi", contact)
    s.plays()
    passes(s, 2 * HOUR - 1)
    assert s.replies == ["hi", "hi"]
    passes(s, 1)
    assert s.replies == ["hi", "hi", "Are you there?"]
    assert s.outbound()[-1].contact_id == contact_id(s)


def test_talk_expires(stage: MakeStage) -> None:
    bot = Bot("tester", start="start", expires_after=timedelta(days=3))
    bot.awaits("start")(echo)
    s = stage(bot)
    s.hears("hi")
    s.plays()
    s.ticks(1)
    passes(s, 72 * HOUR)
    s.hears("again")
    s.plays()
    assert [bool(row.closed_at) for row in s.conversations()] == [True, False]


def test_window_closes(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi", channel="whatsapp")
    s.plays()
    (talk,) = s.conversations()
    override.send_message(s.runtime, talk.id, "still open", actor="ada")
    passes(s, 25 * HOUR)
    with pytest.raises(ChangeRefused, match="24 hours"):
        override.send_message(s.runtime, talk.id, "too late", actor="ada")


def test_hold_runs_out(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.plays()
    (talk,) = s.conversations()
    override.take_over(s.runtime, talk.id, actor="ada", minutes=30)
    passes(s, HOUR)
    assert s.conversations()[0].holder == "bot"


def test_every_moment_moves_together(stage: MakeStage) -> None:
    s = stage(patient_bot())
    s.hears("hi")
    s.plays()
    s.hears("next")
    before = moments(s)
    override.elapse(s.runtime, contact_id(s), HOUR, actor="ada")
    assert moments(s) == [moment - timedelta(hours=1) for moment in before]
    (timer,) = rows(s.database, Timer)
    assert timer.due_at - timer.armed_at == timedelta(hours=2)
    (reply,) = s.outbound()
    assert reply.status_times["accepted"] == (s.clock() - timedelta(hours=1)).isoformat()


def moments(s: Stage) -> list[datetime]:
    found: list[datetime] = []
    for table in (Contact, Message, Timer, Transition):
        for row in rows(s.database, table):
            found += [value for value in row if isinstance(value, datetime)]
    for row in [*s.conversations(), *s.entries()]:
        found += [value for value in row if isinstance(value, datetime)]
    return found


def test_armed_timer_in_the_inbox_stays_comparable(stage: MakeStage) -> None:
    s = stage(patient_bot())
    s.hears("hi")
    s.plays()
    s.ticks(2 * HOUR)
    override.elapse(s.runtime, contact_id(s), HOUR, actor="ada")
    s.plays()
    assert s.replies == ["hi", "Are you there?"]


def test_turn_in_flight_is_run_again(stage: MakeStage) -> None:
    s = stage()

    def interfere(turn: Turn) -> None:
        turn.say(turn.message.text)
        if turn.message.text == "slow" and len(seen) == 0:
            seen.append("slow")
            override.elapse(s.runtime, contact_id(s), 10 * HOUR, actor="ada")

    seen: list[str] = []
    s = stage(interfere)
    for text in ("hi", "slow"):
        s.hears(text)
        s.plays()
    assert s.replies == ["hi", "slow"]
    (talk,) = s.conversations()
    assert talk.opened_at == s.clock() - timedelta(hours=10)


def test_back_off_is_cut_short(stage: MakeStage) -> None:
    tries: list[str] = []

    def fail_once(turn: Turn) -> None:
        tries.append(turn.message.text)
        if len(tries) == 2:
            raise RuntimeError("once")
        turn.say(turn.message.text)

    s = stage(fail_once)
    for text in ("a", "b"):
        s.hears(text)
        s.plays()
    assert s.replies == ["a"]
    passes(s, 1)
    assert s.replies == ["a", "b"]


@pytest.mark.parametrize("seconds", [0, -1, 367 * 24 * HOUR])
def test_impossible_time_is_refused(runtime: Runtime, database: Database, seconds: int) -> None:
    contact = a_contact(database)
    with pytest.raises(ChangeRefused, match="seconds"):
        override.elapse(runtime, contact.id, seconds, actor="ada")


def test_past_has_a_beginning(runtime: Runtime, database: Database) -> None:
    contact = a_contact(database, created_at=datetime(2000, 6, 1, tzinfo=UTC))
    with pytest.raises(ChangeRefused, match="any further"):
        override.elapse(runtime, contact.id, 366 * 24 * HOUR, actor="ada")


def test_real_providers_have_the_real_time(database: Database) -> None:
    real = a_runtime(database, provider="twilio")
    with pytest.raises(ChangeRefused, match="simulator"):
        override.elapse(real, a_contact(database).id, HOUR, actor="ada")


def test_nobody_is_not_found(runtime: Runtime) -> None:
    with pytest.raises(NotFound):
        override.elapse(runtime, uuid.uuid4(), HOUR, actor="ada")
