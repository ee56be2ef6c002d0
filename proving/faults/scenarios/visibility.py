"""Failures are seen when they happen (P12): in the API, and with one id in the log."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from proving.faults.contacts import FakeContact
from proving.faults.fake_twilio.webhooks import inbound_form
from proving.faults.processes import eventually
from proving.faults.run import Run
from proving.faults.scenario import Group
from proving.faults.scenarios.turns import hurried_and_given_up
from proving.faults.violations import Allowed

SEEN_WITHIN_SECONDS = 2.0
_UNROUTABLE = 21612
_SOMEBODY_ELSES = "token of somebody else"

scenario = Group("worker", [])

Listed = dict[str, Any]


@scenario(
    "P12 failures are seen at once",
    needs_counting_bot=True,
    allowed=Allowed(parked=True),
    is_core=True,
)
def seen_at_once(run: Run) -> None:
    """A turn, a send and a webhook that fail are seen by an operator within 2 s, by one id."""
    failing, unreachable = run.fake_contacts(2)
    run.fake.turn(to=unreachable.number, times=1, status=400, code=_UNROUTABLE)
    run.start()
    run.stack.get("/states")  # makes the operator's token
    _a_turn_is_seen(run, failing)
    _a_send_is_seen(run, unreachable)
    _a_webhook_is_seen(run)
    eventually(lambda: hurried_and_given_up(run, failing), 60)
    (turn,) = _failures(run, "turns", failing)
    assert (turn["status"], turn["next_attempt_at"]) == ("parked", None), turn


def _a_turn_is_seen(run: Run, person: FakeContact) -> None:
    run.traffic.say(person, "raise")
    seen_at = _seen(lambda: _failures(run, "turns", person))
    begun_at = next(event.at for event in run.trace() if event.phone == person.number)
    _is_in_time(run, "turn", seen_at - begun_at)
    (turn,) = _failures(run, "turns", person)
    assert turn["status"] == "failing", turn
    assert "ValueError: as the message asks" in turn["error"], turn
    assert [message["body"] for message in person.log] == ["raise"]
    conversation = person.conversation
    assert (conversation["id"], conversation["failed"]) == (turn["conversation_id"], True)
    _is_in_the_log(run, f'"turn": {turn["id"]}', f"turn={turn['id']}")


def _a_send_is_seen(run: Run, person: FakeContact) -> None:
    run.traffic.say(person, "quince 1")
    seen_at = _seen(lambda: _failures(run, "messages", person))
    refused_at = next(c.at for c in run.fake.creates if c.to == person.number)
    _is_in_time(run, "send", seen_at - refused_at)
    (message,) = _failures(run, "messages", person)
    assert message["error_code"] == str(_UNROUTABLE), message
    _is_in_the_log(run, message["id"])


def _a_webhook_is_seen(run: Run) -> None:
    refused_at = time.monotonic()
    status, _ = run.stack.deliver(inbound_form(Body="quince 2"), token=_SOMEBODY_ELSES)
    assert status == 403
    seen_at = _seen(lambda: run.stack.get("/failures/webhooks")["items"])
    _is_in_time(run, "webhook", seen_at - refused_at)


def _failures(run: Run, kind: str, person: FakeContact) -> list[Listed]:
    items = run.stack.get(f"/failures/{kind}")["items"]
    contact = person.contact
    return [item for item in items if contact and item["contact_id"] == contact["id"]]


def _seen(is_listed: Callable[[], object]) -> float:
    eventually(is_listed, 20)
    return time.monotonic()


def _is_in_time(run: Run, what: str, seconds: float) -> None:
    run.measured(f"a failing {what} was seen after {seconds:.2f} s")
    assert seconds <= SEEN_WITHIN_SECONDS, f"the {what} was seen after {seconds:.2f} s"


def _is_in_the_log(run: Run, *ids: str) -> None:
    """The log of some process has a line with the id."""

    def is_said() -> bool:
        return any(one in said for said in run.stack.printed().values() for one in ids)

    eventually(partial(is_said), 5)
