"""on_error in production: it answers once, and settles the turn or leaves it to the retries."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from pipeline.botkit import Bot, Turn, TurnError
from pipeline.enums import TurnStatus
from pipeline.queries import failures
from pipeline.records.core.messages import Message
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import Stage

Answer = Callable[[Turn, TurnError], str | None]


class Failing:
    """A bot that fails on "bad" until it is cured, and what it says about that."""

    def __init__(self, answer: Answer) -> None:
        self.is_cured = False
        self.attempts: list[tuple[int, bool]] = []
        self.bot = Bot("failing", start="start", loop_guard=None)

        @self.bot.awaits("start")
        def start(turn: Turn) -> None:
            turn.data["started"] = True
            if turn.message.text == "bad" and not self.is_cured:
                raise KeyError("price")
            turn.say(f"re: {turn.message.text}")

        @self.bot.awaits("desk")
        def desk(turn: Turn) -> None:
            turn.say(f"desk: {turn.message.text}")

        @self.bot.on_error
        def sorry(turn: Turn, error: TurnError) -> str | None:
            self.attempts.append((error.attempt, error.is_last))
            return answer(turn, error)


def plays_every_attempt(s: Stage) -> None:
    for seconds in (0, 1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()


def log_of(s: Stage) -> list[str]:
    return [row.body for row in sorted(rows(s.database, Message), key=lambda row: row.id)]


def outcome(s: Stage) -> TurnStatus | None:
    with s.database.read() as connection:
        found = failures.turns(connection, 0, 9)
    return found[0].outcome if found else None


def test_apology_is_said_once_however_often_the_turn_fails(stage: MakeStage) -> None:
    def answer(turn: Turn, _: TurnError) -> None:
        turn.say("One moment.")

    failing = Failing(answer)
    s = stage(failing.bot)
    s.hears("bad")
    s.hears("next")
    plays_every_attempt(s)
    assert failing.attempts == [(1, False), (2, False), (3, False), (4, False), (5, True)]
    assert log_of(s) == ["bad", "One moment.", "next", "re: next"]
    assert outcome(s) == TurnStatus.PARKED


def test_turn_that_recovers_answers_after_the_apology(stage: MakeStage) -> None:
    def answer(turn: Turn, _: TurnError) -> None:
        turn.say("One moment.")

    failing = Failing(answer)
    s = stage(failing.bot)
    s.hears("bad")
    s.converse()
    failing.is_cured = True
    s.clock.pass_by(1)
    s.converse()
    assert log_of(s) == ["bad", "One moment.", "re: bad"]
    assert outcome(s) is None


def test_each_attempt_may_say_something_else(stage: MakeStage) -> None:
    def answer(turn: Turn, error: TurnError) -> None:
        turn.say(f"{error.attempt}: {error}")

    s = stage(Failing(answer).bot)
    s.hears("bad")
    plays_every_attempt(s)
    assert log_of(s) == ["bad", *(f"{number}: KeyError: 'price'" for number in range(1, 6))]


def test_second_failing_turn_has_its_own_apology(stage: MakeStage) -> None:
    def answer(turn: Turn, _: TurnError) -> None:
        turn.say("One moment.")

    s = stage(Failing(answer).bot)
    for _ in range(2):
        s.hears("bad")
        plays_every_attempt(s)
    assert log_of(s) == ["bad", "One moment."] * 2


def test_returned_state_settles_the_turn(stage: MakeStage) -> None:
    def answer(turn: Turn, _: TurnError) -> str:
        turn.say("Let us try something else.")
        return "desk"

    failing = Failing(answer)
    s = stage(failing.bot)
    s.hears("bad")
    s.hears("more")
    with capture_logs() as logs:
        plays_every_attempt(s)
    assert failing.attempts == [(1, False)]
    assert log_of(s) == ["bad", "Let us try something else.", "more", "desk: more"]
    assert outcome(s) is None
    assert [entry.status for entry in s.entries()] == ["handled"] * 2
    (line,) = (one for one in logs if "settled" in one["event"])
    assert (line["state"], line["error"]) == ("start", "KeyError: 'price'")
    (talk,) = s.conversations()
    assert (talk.state, talk.data) == ("desk", {})


def test_hand_over_on_the_last_attempt(stage: MakeStage) -> None:
    def answer(turn: Turn, error: TurnError) -> None:
        if error.is_last:
            turn.say("A colleague will write to you.")
            turn.hand_over(f"failed: {error}")

    s = stage(Failing(answer).bot)
    s.hears("bad")
    plays_every_attempt(s)
    assert log_of(s) == ["bad", "A colleague will write to you."]
    (talk,) = s.conversations()
    assert (talk.holder, talk.held_until) == ("operator", None)
    assert outcome(s) is None


def test_end_settles_the_turn(stage: MakeStage) -> None:
    def answer(turn: Turn, _: TurnError) -> None:
        turn.end()

    s = stage(Failing(answer).bot)
    s.hears("bad")
    s.converse()
    (talk,) = s.conversations()
    assert talk.closed_at is not None
    assert outcome(s) is None


def test_silent_on_error_leaves_the_retries(stage: MakeStage) -> None:
    failing = Failing(lambda _turn, _error: None)
    s = stage(failing.bot)
    s.hears("bad")
    s.converse()
    assert log_of(s) == ["bad"]
    assert outcome(s) == TurnStatus.FAILING


def test_on_error_that_raises_is_logged_and_changes_nothing(stage: MakeStage) -> None:
    def answer(turn: Turn, _: TurnError) -> None:
        turn.say("never said")
        raise OSError("disk full")

    s = stage(Failing(answer).bot)
    s.hears("bad")
    with capture_logs() as logs:
        plays_every_attempt(s)
    assert log_of(s) == ["bad"]
    assert outcome(s) == TurnStatus.PARKED
    failed = [line for line in logs if line["event"] == "on_error failed"]
    assert {line["error"] for line in failed} == {"OSError: disk full"}
    assert len(failed) == 5


def test_operator_finds_the_error_behind_the_apology(stage: MakeStage) -> None:
    def answer(turn: Turn, _: TurnError) -> None:
        turn.say("One moment.")

    s = stage(Failing(answer).bot)
    s.hears("bad")
    s.converse()
    with s.database.read() as connection:
        (turn,) = failures.turns(connection, 0, 9)
    assert "KeyError: 'price'" in turn.error
    (talk,) = s.conversations()
    assert turn.conversation_id == talk.id


@pytest.mark.parametrize("returned", ["nowhere", 5])
def test_impossible_state_is_a_failure_of_on_error(stage: MakeStage, returned: object) -> None:
    s = stage(Failing(lambda _turn, _error: returned).bot)  # type: ignore[arg-type,return-value]
    s.hears("bad")
    with capture_logs() as logs:
        s.converse()
    assert [line["event"] for line in logs].count("on_error failed") == 1
    assert outcome(s) == TurnStatus.FAILING
