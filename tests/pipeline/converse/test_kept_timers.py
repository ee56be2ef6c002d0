"""Timers that outlive what is no leaving: parked and late messages, renames, holds, nudges."""

from datetime import timedelta

import pytest

from pipeline import override
from pipeline.botkit import Bot, Join, Name, Tester, Turn
from pipeline.records.core import inbox
from pipeline.records.core.timers import Timer
from tests.builders import an_inbound, rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, Stage

HOUR = 3600.0
ACTOR = "ada@example.com"


def hear(s: Stage, text: str) -> None:
    s.hears(text)
    s.converse()


def pass_by(s: Stage, seconds: float) -> None:
    s.ticks(seconds)
    s.converse()


def waiting_bot(state: str = "start", *, renames: bool = False) -> Bot:
    """Waits 5 hours in `state`; "later" reminds after 2 hours, "boom" fails."""
    bot = Bot("tester", start=state, loop_guard=None)

    @bot.awaits(state, timeout=timedelta(hours=5), on_timeout="bye")
    def start(turn: Turn) -> None:
        if turn.says("boom"):
            raise ValueError
        if turn.says("later"):
            turn.remind(timedelta(hours=2), "reminded")

    bot.sends("bye", then="rest")(lambda turn: turn.say("Bye."))
    bot.sends("reminded", then="rest")(lambda turn: turn.say("Reminded."))
    bot.awaits("rest")(lambda _turn: None)
    if renames:
        bot.renamed("start", state)
    return bot


def test_parked_message_puts_the_time_out_off(stage: MakeStage) -> None:
    s = stage(waiting_bot())
    hear(s, "hi")
    s.clock.pass_by(HOUR)
    s.hears("boom")
    for seconds in (0, 1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()
    assert s.entries()[-1].status == "parked"
    pass_by(s, 5 * HOUR)
    assert s.replies == ["Bye."]


def test_late_message_puts_the_time_out_off(stage: MakeStage) -> None:
    s = stage(waiting_bot())
    hear(s, "hi")
    s.clock.pass_by(2 * HOUR)
    late = inbox.entry(an_inbound("late", contact_key=ADA, phone=ADA), {})
    s.puts_in(late | {"kind": "late"})
    s.converse()
    pass_by(s, 4 * HOUR)
    assert s.replies == []
    pass_by(s, HOUR)
    assert s.replies == ["Bye."]


def test_reminder_outlives_a_rename(stage: MakeStage) -> None:
    s = stage(waiting_bot())
    hear(s, "later")
    s.runtime.bot.become(waiting_bot("begin", renames=True))
    hear(s, "hi")
    assert s.conversations()[0].state == "begin"
    pass_by(s, 2 * HOUR)
    assert s.replies == ["Reminded."]


def test_reminder_outlives_a_rename_in_a_rehearsal() -> None:
    bot = waiting_bot()
    tester = Tester(bot).hears("later")
    bot.become(waiting_bot("begin", renames=True))
    tester.hears("hi").in_state("begin").after(hours=2).says("Reminded.")


@pytest.mark.parametrize("minutes", [None, 30])
def test_giving_back_under_an_old_name_arms_the_time_out(
    stage: MakeStage, minutes: int | None
) -> None:
    s = stage(waiting_bot())
    hear(s, "hi")
    (talk,) = s.conversations()
    override.take_over(s.runtime, talk.id, actor=ACTOR, minutes=minutes)
    s.runtime.bot.become(waiting_bot("begin", renames=True))
    if minutes:
        pass_by(s, minutes * 60)
    else:
        pass_by(s, 5 * HOUR)
        override.release(s.runtime, talk.id, actor=ACTOR)
    pass_by(s, 5 * HOUR)
    assert s.replies == ["Bye."]


@pytest.mark.parametrize("is_in_inbox", [False, True])
def test_reminder_waits_for_the_end_of_a_hold(stage: MakeStage, is_in_inbox: bool) -> None:
    s = stage(waiting_bot())
    hear(s, "later")
    (talk,) = s.conversations()
    if is_in_inbox:
        s.ticks(2 * HOUR)
    override.take_over(s.runtime, talk.id, actor=ACTOR)
    for _ in range(3):
        pass_by(s, 2 * HOUR)
    assert s.replies == []
    override.release(s.runtime, talk.id, actor=ACTOR)
    pass_by(s, 1)
    assert s.replies == ["Reminded."]


def nudging_bot() -> Bot:
    bot = Bot("b", start="start", loop_guard=None)

    def nudge(turn: Turn) -> str:
        turn.remind(timedelta(hours=1), "reminded")
        return "Hm?"

    bot.awaits("start", nudge_after=timedelta(minutes=10), nudge=nudge)(lambda _turn: None)
    bot.sends("reminded", then="start")(lambda turn: turn.say("Reminded."))
    return bot


def test_nudge_may_set_a_reminder(stage: MakeStage) -> None:
    s = stage(nudging_bot())
    hear(s, "hi")
    pass_by(s, 600)
    assert [timer.name for timer in rows(s.database, Timer)] == ["reminder"]
    pass_by(s, HOUR)
    assert s.replies == ["Hm?", "Reminded."]
    Tester(nudging_bot()).hears("hi").after(minutes=10).says("Hm?").after(hours=1).says("Reminded.")


@pytest.mark.parametrize("how", ["change", "reset"])
def test_older_message_is_no_answer_after_a_move(stage: MakeStage, how: str) -> None:
    bot = Bot("b", start="name", loop_guard=None)
    bot.asks("name", "Name?", Name(), into="name", then="rest")
    bot.awaits("rest")(lambda turn: turn.say("Rest."))
    s = stage(bot)
    hear(s, "hi")
    hear(s, "Bob")
    (talk,) = s.conversations()
    s.hears("I have a problem")
    if how == "change":
        override.change_state(s.runtime, talk.id, "name", actor=ACTOR)
    else:
        override.reset(s.runtime, talk.id, actor=ACTOR)
    s.converse()
    assert s.replies == ["Name?", "Name?"]
    assert s.conversations()[0].state == "name"
    hear(s, "Ada")
    assert s.conversations()[0].data == {"name": "Ada"}


def test_burst_is_not_cut_at_the_border_of_a_batch(stage: MakeStage) -> None:
    bot = Bot("b", start="start", loop_guard=None)
    bot.awaits("start")(lambda _turn: "join")
    bot.awaits("join", debounce=Join(2))(lambda turn: turn.say(str(len(turn.message.text.split()))))
    s = stage(bot)
    s.hears("go")
    for number in range(15):
        s.hears(f"x{number}")
    s.converse()
    assert s.replies == []
    s.hears("last")
    s.clock.pass_by(5)
    s.converse()
    assert s.replies == ["16"]
