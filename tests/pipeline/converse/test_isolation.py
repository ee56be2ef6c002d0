"""Whatever goes wrong in one contact's turn ends as a failed turn of that contact, and no other."""

import sys
import time

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError, ProgrammingError

from pipeline.botkit import EACH, Bot, Debounce, Join, Turn
from pipeline.conversation.pending import Pending
from pipeline.converse import record as recording
from pipeline.enums import EntryStatus
from pipeline.records import saving
from pipeline.records.core.conversations import Conversation
from pipeline.transient import is_transient
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, BOB, Stage

BACK_OFF = (0, 1, 5, 25, 120)


def tries_until_parked(s: Stage) -> None:
    for seconds in BACK_OFF:
        s.clock.pass_by(seconds)
        s.converse()


def exiting_bot(how: BaseException) -> Bot:
    bot = Bot("x", start="open", loop_guard=None)

    @bot.awaits("open")
    def opened(turn: Turn) -> None:
        if turn.says("exit"):
            raise how
        turn.say("ok")

    return bot


@pytest.mark.parametrize("how", [SystemExit(1), GeneratorExit(), BaseException("odd")])
def test_exit_in_a_handler_fails_its_turn_only(stage: MakeStage, how: BaseException) -> None:
    s = stage(exiting_bot(how), turn_limit_seconds=3)
    s.hears("exit", ADA)
    s.hears("hi", BOB)
    s.converse()
    first, second = s.entries()
    assert (first.status, first.attempts) == (EntryStatus.WAITING, 1)
    assert type(how).__name__ in first.error
    assert second.status == EntryStatus.HANDLED
    tries_until_parked(s)
    assert s.entries()[0].status == EntryStatus.PARKED
    assert s.overruns == []


def test_exit_in_an_async_handler_leaves_the_loop_alone(stage: MakeStage) -> None:
    bot = Bot("x", start="open", loop_guard=None)

    @bot.awaits("open")
    async def opened(turn: Turn) -> None:
        if turn.says("exit"):
            sys.exit(1)
        turn.say("ok")

    s = stage(bot, turn_limit_seconds=3)
    s.hears("exit", ADA)
    s.hears("hi", BOB)
    s.converse()
    assert s.replies == ["ok"]
    assert "SystemExit" in s.entries()[0].error
    assert s.overruns == []


@pytest.mark.parametrize("debounce", [EACH, Join(0.1)])
def test_damaged_choices_end_as_a_parked_turn(stage: MakeStage, debounce: Debounce | Join) -> None:
    bot = Bot("x", start="open", loop_guard=None)
    bot.awaits("open", debounce=debounce)(lambda turn: turn.say("ok"))
    s = stage(bot)
    s.hears("hi", ADA)
    s.clock.pass_by(1)
    s.converse()
    with s.database.write() as connection:
        connection.execute(update(Conversation).values(choices=[["only one"]]))
    s.hears("again", ADA)
    s.hears("hi", BOB)
    s.clock.pass_by(1)
    tries_until_parked(s)
    status = [entry.status for entry in s.entries()]
    assert status == [EntryStatus.HANDLED, EntryStatus.PARKED, EntryStatus.HANDLED]
    assert "title" in s.entries()[1].error


def test_permanent_error_is_not_waited_for(
    stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = stage()
    save, tries = saving.save, []

    def refuse(connection: object, batch: list[Pending], now: object) -> None:
        tries.append(len(batch))
        if any(lane.key == ADA for lane in batch):
            raise ProgrammingError("INSERT", {}, Exception("no such column"))
        save(connection, batch, now)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(recording, "save", refuse)
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited"))
    s.hears("1", ADA)
    s.hears("2", BOB)
    s.converse()
    assert s.replies == ["2"]
    assert tries[0] == 2
    assert "no such column" in s.entries()[0].error


def test_transient_errors(stage: MakeStage) -> None:
    s = stage()
    with s.database.read() as connection, pytest.raises((OperationalError, ProgrammingError)) as no:
        connection.exec_driver_sql("SELECT nothing FROM contact")
    assert not is_transient(no.value)
    assert is_transient(OperationalError("", {}, Exception("connection refused")))
    assert not is_transient(ValueError())
    assert rows(s.database, Conversation) == []
