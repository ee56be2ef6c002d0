"""The sender: a provider that is busy, stumbles, keeps its answer back, or is away."""

import time
from itertools import pairwise

from proving.faults.contacts import FakeContact
from proving.faults.processes import Process, eventually
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, Group
from proving.faults.steps import drained, most_in_a_second, replies_to
from proving.faults.traffic import numbered

scenario = Group("sender", [])

# Settled by a look-up, not earlier than 15 s after the call, and a second one 20 s later.
UNKNOWN_WITHIN_SECONDS = 90.0
_RATE = 20
# A quarter of a second's worth may go at once, in addition to what a second allows.
_MOST_IN_A_SECOND = _RATE * 5 // 4 + 1


@scenario("F28 too many requests", needs_counting_bot=True)
def too_many_requests(run: Run) -> None:
    """Twilio refuses many calls with 429 and asks for 2 s; nothing goes faster than SENDER_RATE."""
    run.stack.environment["SENDER_RATE"] = str(_RATE)
    run.fake.turn(times=6, status=429, code=20429, retry_after="2")
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(20), 2))
    run.record("429 six times")
    eventually(lambda: sum(bool(create.sid) for create in run.fake.creates) == 40, 60)
    _waited(run, 2.0)
    _kept_the_rate(run)


@scenario("F28 too many requests, no Retry-After", needs_counting_bot=True)
def too_many_requests_unsaid(run: Run) -> None:
    """The same without Retry-After: we wait at least the second that the code stands for."""
    run.fake.turn(times=6, status=429, code=20429)
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(20), 2))
    run.record("429 six times")
    eventually(lambda: sum(bool(create.sid) for create in run.fake.creates) == 40, 60)
    _waited(run, 1.0)


@scenario("F28 too many requests for long")
def too_many_requests_for_long(run: Run) -> None:
    """Twilio refuses everything with 429 for 8 s: once it takes again, all is out in 30 s."""
    run.fake.turn(status=429, code=20429)
    run.start()
    with run.traffic.meanwhile(numbered(run.fake_contacts(60), 1)):
        eventually(lambda: run.fake.creates, 60)
        run.record("429 for 8 s")
        time.sleep(8)
    run.fake.knobs.ordered.clear()


@scenario("F29 stumbles before it makes", drained_within_seconds=UNKNOWN_WITHIN_SECONDS)
def stumbles_before(run: Run) -> None:
    """Twilio answers 500 and has made nothing: looked up twice, sent again, and counted."""
    run.fake.turn(times=3, status=500, code=20500)
    run.start()
    persons = run.fake_contacts(8)
    run.traffic.send_all(numbered(persons, 2))
    run.record("500 three times, nothing made")
    eventually(lambda: _resent(run, persons) == 3, UNKNOWN_WITHIN_SECONDS)


@scenario("F30 made and not told", drained_within_seconds=UNKNOWN_WITHIN_SECONDS, is_core=True)
def made_and_not_reported(run: Run) -> None:
    """Twilio makes messages and answers 500, resets, hangs or names no sid: found in its list."""
    run.fake.plan()
    persons = _created_unanswered(run)
    drained(run, UNKNOWN_WITHIN_SECONDS)
    assert not _resent(run, persons), "what the provider had was sent again"


@scenario("F30 made, not told, called back", is_quick=True)
def made_and_called_back(run: Run) -> None:
    """The same, and a callback tells of each message before anybody looks it up."""
    persons = _created_unanswered(run)
    drained(run, 30)
    assert not _resent(run, persons), "what the provider had was sent again"


def _created_unanswered(run: Run) -> list[FakeContact]:
    persons = run.fake_contacts(8)
    faults = ("500", "reset", "hang", "no_sid")
    for person, fault in zip(persons, faults, strict=False):
        # Our client waits 10 s for an answer.
        run.fake.turn(to=person.number, times=1, after_create=fault, hang_seconds=12)
    run.start()
    run.traffic.send_all(numbered(persons, 2))
    run.record("made, and answered " + ", ".join(faults))
    eventually(lambda: all(person.got for person in persons[: len(faults)]), 60)
    return persons


@scenario("F32 database down at the answer", kinds=ON_POSTGRESQL, needs_counting_bot=True)
def database_down_at_the_answer(run: Run) -> None:
    """PostgreSQL dies while calls are under way: their answers are kept in memory until it lives.

    Without callbacks, so that nothing else could tell.
    """
    persons, _ = _calls_under_way(run)
    run.servers.postgresql.kill()
    run.record("killed postgresql")
    time.sleep(5)  # the answers come after 3 s
    run.servers.postgresql.start()
    drained(run, 30)
    assert not _resent(run, persons), "an answer was lost"


@scenario(
    "F32 database down, then dispatch killed",
    kinds=ON_POSTGRESQL,
    needs_counting_bot=True,
    drained_within_seconds=UNKNOWN_WITHIN_SECONDS,
)
def database_down_and_dispatch_killed(run: Run) -> None:
    """The same, and dispatch is killed with those answers in memory: they are looked up."""
    persons, dispatch = _calls_under_way(run)
    run.servers.postgresql.kill()
    run.record("killed postgresql")
    time.sleep(5)
    run.kill(dispatch)
    run.servers.postgresql.start()
    run.start("dispatch")
    drained(run, UNKNOWN_WITHIN_SECONDS)
    assert not _resent(run, persons), "what the provider had was sent again"


def _calls_under_way(run: Run) -> tuple[list[FakeContact], Process]:
    run.fake.plan()
    run.fake.turn(latency_seconds=3, times=8)
    persons = run.fake_contacts(8)
    _, _, dispatch, _ = run.start()
    run.traffic.send_all(numbered(persons, 1))
    eventually(lambda: len(run.fake.creates) == len(persons), 60)
    return persons, dispatch


@scenario("F33 twilio refuses connections")
def twilio_refused(run: Run) -> None:
    """Nobody listens at Twilio's address for 12 s: then all goes out, at SENDER_RATE at most.

    Of 10 minutes: the circuit opens after 5 failures and lets one message probe each 15 s, so a
    longer time only adds probes.
    """
    run.stack.environment["SENDER_RATE"] = str(_RATE)
    link = run.proxy("TWILIO_API_BASE_URL")
    run.start()
    link.refuse()
    run.record("twilio refuses connections")
    run.traffic.send_all(numbered(run.fake_contacts(40), 1))
    time.sleep(12)
    link.heal()
    drained(run, 30)
    _kept_the_rate(run)


@scenario("F33 twilio answers 503", drained_within_seconds=UNKNOWN_WITHIN_SECONDS)
def twilio_unavailable(run: Run) -> None:
    """Twilio answers 503 for 20 s: few are tried, all go out at SENDER_RATE at most."""
    run.stack.environment["SENDER_RATE"] = str(_RATE)
    run.fake.turn(status=503)
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(40), 1))
    run.record("twilio answers 503")
    time.sleep(20)
    run.fake.knobs.ordered.clear()
    drained(run, UNKNOWN_WITHIN_SECONDS)
    _kept_the_rate(run)


@scenario("F33 twilio is silent", drained_within_seconds=UNKNOWN_WITHIN_SECONDS)
def twilio_silent(run: Run) -> None:
    """Twilio takes connections and says nothing for 20 s; then what it was given arrives, late."""
    run.stack.environment["SENDER_RATE"] = str(_RATE)
    link = run.proxy("TWILIO_API_BASE_URL")
    run.start()
    link.fall_silent()
    run.record("twilio is silent")
    persons = run.fake_contacts(40)
    run.traffic.send_all(numbered(persons, 1))
    time.sleep(20)
    link.heal()
    drained(run, UNKNOWN_WITHIN_SECONDS)
    assert not _resent(run, persons), "what the provider had was sent again"


def _resent(run: Run, persons: list[FakeContact]) -> int:
    return sum(reply.resends for person in persons for reply in replies_to(run, person))


def _waited(run: Run, seconds: float) -> None:
    """Each contact whose message was refused was left alone for that long."""
    creates = run.fake.creates
    for contact in {create.to for create in creates}:
        for refused, again in pairwise(create for create in creates if create.to == contact):
            pause = again.at - refused.at
            if not refused.sid:
                assert pause >= seconds, f"tried again {pause:.2f} s after a 429"


def _kept_the_rate(run: Run) -> None:
    most = most_in_a_second([create.at for create in run.fake.creates])
    assert most <= _MOST_IN_A_SECOND, f"{most} calls in a second, with SENDER_RATE={_RATE}"
