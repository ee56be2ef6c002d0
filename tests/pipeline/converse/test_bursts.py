"""Bursts: messages in quick succession, as the state that hears them wants them."""

from datetime import timedelta

import pytest

from pipeline import override
from pipeline.botkit import EACH, LAST, Bot, Burst, Buttons, Join, Turn
from pipeline.converse.claim import LEASE, claim
from pipeline.messages import Media
from pipeline.records.messages import Message
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, BOB, Stage


def a_bot(burst: Burst | Join, *, fails: int = 0) -> Bot:
    """Says what it hears, and how many files came with it; it fails the first times."""
    bot = Bot("joiner", start="start", loop_guard=None)
    failures = [1] * fails

    @bot.awaits("start", burst=burst)
    def start(turn: Turn) -> str | None:
        if failures:
            failures.pop()
            raise LookupError("not yet")
        turn.data["turns"] = turn.data.get("turns", 0) + 1
        turn.data["keys"] = [*turn.data.get("keys", []), turn.idempotency_key]
        turn.say(f"{turn.message.text} +{len(turn.message.media)}", Buttons(yes="Yes", no="No"))
        return "other" if turn.says("other") else None

    @bot.awaits("other", burst=EACH)
    def other(turn: Turn) -> str:
        turn.say(f"other: {turn.message.text}")
        return "start"

    bot.command("menu")(lambda turn: turn.say("menu"))
    return bot


def said(s: Stage) -> list[str]:
    return [reply.split("\n\n")[0] for reply in s.replies]


def heard(s: Stage) -> list[tuple[str, int]]:
    """The log of what came in, with the inbox entry of each."""
    log = sorted(rows(s.database, Message), key=lambda row: row.id)
    return [(row.body, row.turn_id) for row in log if row.direction == "inbound"]


def comes(s: Stage, *texts: str, seconds: float = 0.0) -> None:
    for text in texts:
        s.hears(text)
        s.clock.pass_by(seconds)


def test_messages_within_the_pause_are_one_turn(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "I", "want", "tea", seconds=1)
    s.converse()
    assert s.replies == []
    s.clock.pass_by(1)
    s.converse()
    assert said(s) == ["I\nwant\ntea +0"]
    ids = [entry.id for entry in s.entries()]
    assert heard(s) == [("I", ids[0]), ("want", ids[1]), ("tea", ids[2])]
    assert {entry.status for entry in s.entries()} == {"handled"}
    assert s.conversations()[0].data["turns"] == 1


def test_every_new_message_prolongs_the_pause(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    for text in ("one", "two", "three"):
        s.hears(text)
        s.converse()
        s.clock.pass_by(1.5)
    assert s.replies == []
    s.converse()
    assert s.replies == []
    s.clock.pass_by(0.5)
    s.converse()
    assert said(s) == ["one\ntwo\nthree +0"]


def test_waiting_holds_no_worker_and_no_other_lane(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "hello")
    s.converse()
    lane = s.lane()
    assert (lane.token, lane.due_at, lane.attempts) == (None, s.clock() + timedelta(seconds=2), 0)
    s.hears("menu", BOB)
    s.converse()
    assert said(s) == ["menu"]


def test_worker_rings_when_the_pause_is_over(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=0.2)))
    comes(s, "hello")
    drain = s.conversing()
    drain.drain()
    (timer,) = drain._bell.waiting()
    timer.join(5)
    assert s.rings[-1] == "converse"
    s.clock.pass_by(0.2)
    s.converse()
    assert said(s) == ["hello +0"]


def test_messages_further_apart_are_turns_of_their_own(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "one", seconds=3)
    comes(s, "two", seconds=2)
    s.converse()
    assert said(s) == ["one +0", "two +0"]


def test_files_come_together(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    for number in range(2):
        media = (Media(f"https://example.com/{number}"),)
        s.hears("look" if number else "", kind="media", media=media)
    s.clock.pass_by(2)
    s.converse()
    assert said(s) == ["look +2"]


@pytest.mark.parametrize("word", ["menu", "2"])
def test_command_and_choice_are_heard_at_once_and_alone(stage: MakeStage, word: str) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "first", seconds=2)
    s.converse()
    comes(s, "and", "more", word)
    s.converse()
    assert said(s) == ["first +0", "and\nmore +0", {"menu": "menu", "2": "2 +0"}[word]]


def test_stop_is_settled_while_a_burst_waits(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "hello")
    s.converse()
    s.hears("STOP", consent="stop")
    s.converse()
    assert [(e.kind, e.status) for e in s.entries()] == [
        ("message", "waiting"),
        ("consent", "handled"),
    ]
    s.clock.pass_by(2)
    s.converse()
    assert [e.status for e in s.entries()] == ["handled", "handled"]


def test_policy_is_that_of_the_state_that_hears(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "to", "other", seconds=1)
    s.clock.pass_by(2)
    s.converse()
    comes(s, "a", "b", "c")
    s.converse()
    assert said(s) == ["to\nother +0", "other: a"]
    s.clock.pass_by(2)
    s.converse()
    assert said(s)[2:] == ["b\nc +0"]


def test_at_most_sixteen_are_joined_without_waiting(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, *(str(number) for number in range(10, 30)))
    s.converse()
    assert said(s) == ["\n".join(str(number) for number in range(10, 26)) + " +0"]
    s.clock.pass_by(2)
    s.converse()
    assert len(s.replies) == 2
    assert [text for text, _ in heard(s)] == [str(number) for number in range(10, 30)]


def test_killed_worker_leaves_the_burst_whole(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "a", "b")
    s.clock.pass_by(2)
    claim(s.database, 8)  # and the worker dies
    s.hears("later", BOB)
    s.clock.pass_by(LEASE.total_seconds())
    s.converse()
    assert sorted(said(s)) == ["a\nb +0", "later +0"]
    assert s.conversations()[0].data["turns"] == 1


def test_worker_killed_while_it_was_to_wait(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=60)))
    comes(s, "a")
    claim(s.database, 8)
    s.clock.pass_by(LEASE.total_seconds())
    s.hears("b")
    s.converse()
    assert s.replies == []
    s.clock.pass_by(60)
    s.converse()
    assert said(s) == ["a\nb +0"]
    assert s.lane().attempts == 0


def test_failed_burst_is_tried_again_as_one_turn(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2), fails=2))
    comes(s, "a", "b")
    for seconds in (2, 1, 5):
        s.clock.pass_by(seconds)
        s.converse()
    assert said(s) == ["a\nb +0"]
    (talk,) = s.conversations()
    assert (talk.data["turns"], len(heard(s))) == (1, 2)
    assert talk.data["keys"][0].endswith(s.entries()[0].provider_id)


def test_burst_that_is_given_up_is_parked_and_re_run_whole(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2), fails=5))
    comes(s, "a", "b")
    for seconds in (2, 1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()
    assert [entry.status for entry in s.entries()] == ["parked", "parked"]
    assert [text for text, _ in heard(s)] == ["a", "b"]
    override.rerun_all(s.runtime, actor="ada@example.com")
    s.converse()
    assert said(s) == ["a +0", "b +0"]
    assert len(heard(s)) == 2


def test_held_talk_takes_each_message_at_once(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "a", seconds=2)
    s.converse()
    override.hold(s.runtime, s.conversations()[0].id, actor="ada@example.com")
    comes(s, "b", "c")
    s.converse()
    assert [text for text, _ in heard(s)] == ["a", "b", "c"]


def test_last_of_those_that_wait_is_heard(stage: MakeStage) -> None:
    s = stage(a_bot(LAST))
    comes(s, "a", "b", "menu", "c", "d")
    s.converse()
    assert said(s) == ["b +0", "menu", "d +0"]
    assert [text for text, _ in heard(s)] == ["a", "b", "menu", "c", "d"]


def test_each_is_the_default(stage: MakeStage) -> None:
    s = stage(a_bot(EACH))
    comes(s, "a", "b")
    s.converse()
    assert said(s) == ["a +0", "b +0"]


def test_two_workers_record_a_burst_once(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "a", "b")
    s.clock.pass_by(2)
    batch = claim(s.database, 8)
    s.clock.pass_by(LEASE.total_seconds())
    s.converse()
    s.conversing()._take(batch)
    assert (said(s), len(heard(s))) == (["a\nb +0"], 2)
    assert s.lane(ADA).due_at is None
