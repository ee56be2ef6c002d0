"""Workers killed or stalled at the worst moments: nothing lost, nothing done twice uncounted."""

import os
from signal import SIGCONT, SIGKILL, SIGSTOP

from parley.proving import EVERYTHING, Stack, a_person, eventually, people
from parley.proving.notes import read_notes
from tests.faults.effects import assert_each_once, resends, say_all, settle


def _at_work(stack: Stack) -> set[int]:
    """The processes in which the bot has begun to pause."""
    notes = read_notes(stack.bot_log)
    return {note.process for note in notes if note.text.startswith("pause")}


def test_converse_killed_in_a_turn(stack: Stack) -> None:
    stack.start(*EVERYTHING, "converse")
    said = {person: ["before", "pause 1", "after"] for person in people(stack, 4)}
    say_all(said)
    eventually(lambda: len(_at_work(stack)) == 2)
    first, second = _at_work(stack)
    os.kill(first, SIGKILL)  # a process of the pool, as when memory runs out
    os.killpg(os.getpgid(second), SIGKILL)  # a whole worker
    later = {person: ["one", "two"] for person in people(stack, 10)}
    say_all(later)
    settle(stack)
    assert_each_once(stack, {**said, **later})


def test_dispatch_killed_in_a_call(stack: Stack) -> None:
    _, _, dispatch, _ = stack.start(*EVERYTHING)
    fake = stack.fake
    fake.plan()  # no callbacks: what is unknown has to be looked up
    unheard, unanswered, *late = people(stack, 12)
    fake.turn(to=unheard.number, times=1, hang_seconds=60)
    fake.turn(to=unanswered.number, times=1, after_create="hang", hang_seconds=60)
    fake.turn(times=len(late), latency_seconds=5)
    said = {unheard: ["lost", "x"], unanswered: ["made", "y"]}
    said |= {person: ["late", "z"] for person in late}
    say_all(said)
    eventually(lambda: len(fake.creates) == len(said))
    dispatch.kill()
    more = {person: ["one", "two"] for person in people(stack, 10)}
    say_all(more)
    stack.start("dispatch")
    settle(stack, 90)
    assert_each_once(stack, {**said, **more})
    # Only what the provider never had was sent again, and that is counted.
    assert resends(stack) == {"1: lost": 1}


def test_a_callback_settles_what_was_unknown(stack: Stack) -> None:
    _, _, dispatch, _ = stack.start(*EVERYTHING)
    person = a_person(stack)
    stack.fake.turn(to=person.number, times=1, after_create="hang", hang_seconds=60)
    said = {person: ["first", "second"]}
    say_all(said)
    eventually(lambda: person.got)
    dispatch.kill()
    stack.start("dispatch")
    settle(stack, 30)
    assert_each_once(stack, said)
    assert resends(stack) == {}


def test_stalled_workers_wake_up_too_late(stack: Stack) -> None:
    _, converse, dispatch, _ = stack.start(*EVERYTHING)
    stack.fake.plan()
    late, slow = people(stack, 2)
    stack.fake.turn(to=late.number, times=1, latency_seconds=5)
    said = {late: ["late", "y"], slow: ["pause 3", "x"]}
    say_all({late: said[late]})
    eventually(lambda: late.got)
    say_all({slow: said[slow]})
    eventually(lambda: _at_work(stack))
    converse.tell_all(SIGSTOP)
    dispatch.tell_all(SIGSTOP)
    stack.start("converse", "dispatch")
    settle(stack, 60)
    converse.tell_all(SIGCONT)
    dispatch.tell_all(SIGCONT)
    # The turn that was stalled ends now, beside the one that took its place.
    eventually(lambda: len(_ends(stack, "pause 3")) == 2)
    more = {person: ["after"] for person in people(stack, 10)}
    say_all(more)
    settle(stack)
    assert_each_once(stack, {**said, **more})
    assert resends(stack) == {}


def _ends(stack: Stack, text: str) -> list[int]:
    notes = read_notes(stack.bot_log)
    return [n.process for n in notes if (n.what, n.text) == ("end", text)]
