"""Bursts: messages in quick succession, as the state that hears them wants them."""

import time
from datetime import timedelta

import pytest

from pipeline import override
from pipeline.botkit import EACH, LAST, Join
from pipeline.messages import Media
from tests.pipeline.conftest import MakeStage
from tests.pipeline.converse.debounced import a_bot, comes, heard, said
from tests.stage import BOB


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
    assert drain._delayed.waiting() == 1
    deadline = time.monotonic() + 5
    while drain._delayed.waiting() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.02)
    assert s.wakeups[-1] == "converse"
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


def test_held_talk_takes_each_message_at_once(stage: MakeStage) -> None:
    s = stage(a_bot(Join(seconds=2)))
    comes(s, "a", seconds=2)
    s.converse()
    override.take_over(s.runtime, s.conversations()[0].id, actor="ada@example.com")
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
