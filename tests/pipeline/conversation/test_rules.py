"""The rules of a conversation's life, one by one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pipeline.botkit import Bot, Turn
from pipeline.conversation import rules
from pipeline.conversation.memory import is_unentered
from pipeline.conversation.turns import Entered, Nudged, Outcome, Reminded, Reminder, Step
from pipeline.conversation.values import Changes, Conversation, Origin, Timer
from pipeline.enums import Cause, Holder, TimerKind

NOW = datetime(2030, 1, 7, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_bot() -> Bot:
    bot = Bot("b", start="open", expires_after=timedelta(hours=1))

    def nothing(_turn: Turn) -> None: ...

    bot.awaits("open", timeout=30 * MINUTE, on_timeout="bye")(nothing)
    bot.awaits("menu", entry="Menu?", nudge_after=7 * MINUTE, nudge="Hm?")(nothing)
    bot.sends("bye", then="open")(nothing)
    return bot


def opened(state: str = "open") -> Conversation:
    """A conversation that is saved, without pending changes."""
    one = rules.open_conversation(a_bot(), UUID(int=1), ("sms", "+1"), NOW, NOW)
    one.state, one.is_new = state, False
    return one


def operator(minutes: int = 0) -> Origin:
    return Origin(Cause.OPERATOR, "ada", NOW + minutes * MINUTE)


def outcome(state: str, *steps: Step, **values: object) -> Outcome:
    given: dict[str, object] = {
        "state": state, "data": {}, "steps": steps, "replies": (), "reminders": (), "choices": (),
        "timeout": None, "hand_over": None, "is_ended": False, "is_unknown_state": False,
    }  # fmt: skip
    return Outcome(**(given | values))  # type: ignore[arg-type]  # as named above


def kinds(one: Conversation) -> list[TimerKind]:
    return [timer.kind for timer in one.changes.timers]


def settled(one: Conversation) -> Conversation:
    one.changes = Changes()
    return one


def test_move_arms_the_state_and_its_entry_action() -> None:
    one = opened()
    rules.move(one, a_bot(), "menu", operator())
    assert (one.state, one.state_seq, one.choices) == ("menu", 1, ())
    assert kinds(one) == [TimerKind.NUDGE]
    assert one.changes.is_entry_due
    assert is_unentered(one.memory)
    assert [(t.from_state, t.to_state) for t in one.changes.transitions] == [("open", "menu")]


def test_entry_action_waits_for_the_release() -> None:
    one = opened()
    rules.take_over(one, "ada", None, NOW)
    rules.move(one, a_bot(), "menu", operator())
    assert not one.changes.is_entry_due
    assert rules.release(settled(one), a_bot(), NOW)
    assert one.changes.is_entry_due
    assert kinds(one) == [TimerKind.NUDGE]


def test_release_of_what_the_bot_answers_changes_nothing() -> None:
    one = opened()
    assert not rules.release(one, a_bot(), NOW)
    assert one.changes == Changes()


def test_timed_take_over_ends_at_its_timer() -> None:
    one = opened()
    rules.take_over(one, "ada", 30, NOW)
    (timer,) = one.changes.timers
    assert (timer.kind, timer.due_at) == (TimerKind.RELEASE, NOW + 30 * MINUTE)
    assert rules.timer_due(settled(one), a_bot(), timer, timer.due_at) is None
    assert one.holder == Holder.BOT
    assert kinds(one) == [TimerKind.TIMEOUT]


def test_timer_of_an_earlier_take_over_does_nothing() -> None:
    one = opened()
    rules.take_over(one, "ada", 30, NOW)
    (timer,) = one.changes.timers
    rules.take_over(one, "bob", None, NOW)
    assert kinds(one) == []
    assert rules.timer_due(one, a_bot(), timer, timer.due_at) is None
    assert one.held_by == "bob"


def test_owed_entry_action_runs_at_the_end_of_a_timed_take_over() -> None:
    one = opened()
    rules.take_over(one, "ada", 30, NOW)
    rules.move(one, a_bot(), "menu", operator())
    timer = Timer(TimerKind.RELEASE, "open", 0, NOW, NOW + 30 * MINUTE)
    assert rules.timer_due(settled(one), a_bot(), timer, timer.due_at) == Entered()
    # Nothing is changed before the turn has succeeded; the turn itself releases.
    assert one.changes == Changes()
    rules.apply(one, outcome("menu"), Origin(Cause.TIMER, "b", timer.due_at))
    assert one.holder == Holder.BOT


def test_alarm_is_out_of_date_after_a_message() -> None:
    one = opened()
    timer = Timer(TimerKind.TIMEOUT, "bye", 0, NOW, NOW + 30 * MINUTE)
    assert rules.timer_due(one, a_bot(), timer, timer.due_at) == Reminded("bye")
    rules.hear(one, NOW + MINUTE)
    assert rules.timer_due(one, a_bot(), timer, timer.due_at) is None


def test_nudge_is_a_turn_of_its_own_kind() -> None:
    timer = Timer(TimerKind.NUDGE, "menu", 0, NOW, NOW)
    assert rules.timer_due(opened("menu"), a_bot(), timer, NOW) == Nudged()


def test_timer_of_a_state_left_is_out_of_date() -> None:
    one = opened()
    one.state_seq = 3
    timer = Timer(TimerKind.REMINDER, "bye", 2, NOW, NOW)
    assert rules.timer_due(one, a_bot(), timer, NOW) is None


def test_reminder_waits_for_the_release() -> None:
    one = opened()
    rules.take_over(one, "ada", None, NOW)
    timer = Timer(TimerKind.REMINDER, "bye", 0, NOW, NOW)
    assert rules.timer_due(settled(one), a_bot(), timer, NOW + MINUTE) is None
    assert kinds(one) == [TimerKind.REMINDER]


@pytest.mark.parametrize(("cause", "is_kept"), [(Cause.TIMER, True), (Cause.BOT, False)])
def test_reminders_outlive_a_timers_turn_that_comes_back(cause: Cause, is_kept: bool) -> None:
    one = opened()
    there, back = Step("open", "bye", "timeout"), Step("bye", "open", "then")
    rules.apply(one, outcome("open", there, back), Origin(cause, "b", NOW))
    assert (one.state_seq == 0) is is_kept
    assert (TimerKind.REMINDER not in one.changes.cancelled) is is_kept
    assert TimerKind.TIMEOUT in one.changes.cancelled


def test_each_reminder_is_armed() -> None:
    one = opened()
    reminders = (Reminder(MINUTE, "bye"), Reminder(2 * MINUTE, "bye"))
    rules.apply(one, outcome("open", reminders=reminders), Origin(Cause.BOT, "b", NOW))
    assert [timer.due_at for timer in one.changes.timers] == [NOW + MINUTE, NOW + 2 * MINUTE]


def test_end_cancels_every_timer() -> None:
    one = opened()
    rules.apply(one, outcome("open", is_ended=True), Origin(Cause.BOT, "b", NOW))
    assert one.closed_at == NOW
    assert one.changes.cancelled == frozenset(TimerKind)
    assert rules.timer_due(one, a_bot(), Timer(TimerKind.REMINDER, "bye", 0, NOW, NOW), NOW) is None


def test_hand_over_without_a_step_logs_its_reason() -> None:
    one = opened()
    rules.apply(one, outcome("open", hand_over="asked"), Origin(Cause.BOT, "b", NOW))
    assert (one.holder, one.held_by, one.held_until) == (Holder.OPERATOR, "", None)
    assert [(t.via, t.reason) for t in one.changes.transitions] == [("hand_over", "asked")]


@pytest.mark.parametrize("keeps_holder", [False, True])
def test_restart(keeps_holder: bool) -> None:
    one = opened("menu")
    one.data = {"a": 1}
    rules.take_over(one, "ada", None, NOW)
    rules.restart(settled(one), a_bot(), operator(), keeps_holder=keeps_holder)
    assert (one.state, one.data, one.memory) == ("open", {}, {})
    assert (one.holder == Holder.OPERATOR) is keeps_holder
    assert bool(one.changes.cancel_replies) is not keeps_holder


def test_message_in_silence_puts_the_alarms_off() -> None:
    one = opened()
    rules.hear(one, NOW + MINUTE)
    rules.hear_in_silence(one, a_bot(), NOW + MINUTE)
    assert [timer.armed_at for timer in one.changes.timers] == [NOW + MINUTE]
    rules.take_over(settled(one), "ada", None, NOW)
    rules.hear(settled(one), NOW + 2 * MINUTE)
    rules.hear_in_silence(one, a_bot(), NOW + 2 * MINUTE)
    assert kinds(one) == []


def test_expiry_counts_from_the_last_message_of_anybody() -> None:
    one = opened()
    assert not one.is_expired(timedelta(hours=1), NOW + timedelta(hours=1))
    assert one.is_expired(timedelta(hours=1), NOW + timedelta(hours=1, seconds=1))
    assert not one.is_expired(None, NOW + timedelta(days=999))
