"""Two bots that talk with each other: the guard calls a human, and leaves other talks alone."""

from datetime import timedelta

import pytest

from pipeline import override
from pipeline.botkit import Bot
from pipeline.records.core.messages import Message
from pipeline.records.core.transitions import Transition
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import Stage


def chatty(s: Stage, count: int, seconds: float) -> None:
    for _ in range(count):
        s.hears("ping")
        s.converse()
        s.clock.pass_by(seconds)


@pytest.fixture
def guarded() -> Bot:
    bot = Bot("b", start="start", loop_guard=(10, timedelta(seconds=20)))
    bot.awaits("start")(lambda turn: turn.say("pong"))
    return bot


def test_two_bots_are_stopped_and_a_human_is_called(stage: MakeStage, guarded: Bot) -> None:
    s = stage(guarded)
    chatty(s, 15, 1)
    (talk,) = s.conversations()
    assert len(s.replies) == 10
    assert (talk.holder, talk.memory) == ("operator", {})
    assert len(rows(s.database, Message)) == 25
    (step,) = rows(s.database, Transition)
    assert (step.from_state, step.to_state, step.via) == ("start", "start", "hand_over")
    assert step.reason.startswith("More than 10 messages arrived within 20 s, as from another bot.")


def test_quick_contact_is_no_bot(stage: MakeStage, guarded: Bot) -> None:
    s = stage(guarded)
    chatty(s, 9, 0.5)
    s.clock.pass_by(30)
    chatty(s, 9, 0.5)
    assert len(s.replies) == 18


def test_ordinary_talk_is_not_counted(stage: MakeStage, guarded: Bot) -> None:
    s = stage(guarded)
    chatty(s, 30, 2.1)
    assert (len(s.replies), s.conversations()[0].memory) == (30, {})


def test_backlog_of_an_outage_is_no_loop(stage: MakeStage, guarded: Bot) -> None:
    s = stage(guarded)
    for _ in range(30):
        s.hears("ping")
        s.clock.pass_by(60)
    s.converse()
    assert len(s.replies) == 30


def test_given_back_talk_is_answered_again(stage: MakeStage, guarded: Bot) -> None:
    s = stage(guarded)
    chatty(s, 11, 1)
    override.release(s.runtime, s.conversations()[0].id, actor="ada@example.com")
    s.hears("ping")
    s.converse()
    assert len(s.replies) == 11
