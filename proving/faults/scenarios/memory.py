"""Memory: a worker that has taken 100,000 turns needs no more than one that took 20,000."""

import time
from datetime import UTC, datetime

from pipeline.providers import webhook_form
from pipeline.records.core import inbox
from proving.faults.contacts import FakeContact
from proving.faults.fake_twilio import inbound_form
from proving.faults.growth import megabytes
from proving.faults.history import Said
from proving.faults.processes import Process, eventually
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, Group

scenario = Group("limits", [])

TURNS = 100_000
_WAVES = 5
_PEOPLE = 2000
# What an allocator keeps here and there; a leak of 100 bytes a turn would be 8 MB.
MORE_MEGABYTES = 8.0
_WAVE_WITHIN_SECONDS = 900.0
_ROWS = 1000


@scenario("L8 memory over 100,000 turns", kinds=ON_POSTGRESQL, is_long=True)
def memory(run: Run) -> None:
    """100,000 turns and their sends in five waves: converse and dispatch stay as large as they are.

    The first wave of 20,000 warms them up. The webhooks are put into the inbox directly, and there
    are no status callbacks: the receiver is not what is measured.
    """
    run.fake.plan()
    workers = run.start("converse", "dispatch", "clock")[:2]
    fake_contacts = run.fake_contacts(_PEOPLE)
    started = time.monotonic()
    looks = []
    for wave in range(_WAVES):
        _put_in(run, fake_contacts, wave)
        eventually(lambda: _is_drained(run), _WAVE_WITHIN_SECONDS)
        looks.append([round(_resident(worker), 1) for worker in workers])
        run.measured(
            f"MB of converse and dispatch after {(wave + 1) * TURNS // _WAVES}: {looks[-1]}"
        )
    run.measured(f"{TURNS / (time.monotonic() - started):.0f} turns a second, sends and all")
    for name, first, last in zip(("converse", "dispatch"), looks[0], looks[-1], strict=True):
        assert last - first < MORE_MEGABYTES, f"{name} grew by {last - first:.0f} MB: {looks}"


def _is_drained(run: Run) -> bool:
    # Looking costs too, with so much that waits.
    time.sleep(1)
    return not run.waiting()


def _resident(worker: Process) -> float:
    return megabytes(worker.pid)


def _put_in(run: Run, fake_contacts: list[FakeContact], wave: int) -> None:
    """One wave of messages, everybody the same number of them."""
    numbers = range(TURNS // _WAVES)
    for first in range(0, len(numbers), _ROWS):
        _insert(run, fake_contacts, wave, numbers[first : first + _ROWS])
    # The clock sends a wake-up within 2 s.


def _insert(run: Run, fake_contacts: list[FakeContact], wave: int, numbers: range) -> None:
    rows = []
    now = datetime.now(UTC)
    for number in numbers:
        person = fake_contacts[number % len(fake_contacts)]
        sid, text = f"SM{wave:016x}{number:016x}", f"quince wave {wave}, {number}"
        form = inbound_form(From=person.number, MessageSid=sid, Body=text)
        lists = {name: [value] for name, value in form.items()}
        message = webhook_form.inbound(lists, provider="twilio", account_id="")
        rows.append(inbox.entry(message, lists) | {"received_at": now})
        moment = time.monotonic()
        run.traffic.said.append(Said(sid, person.number, text, moment, acked_at=moment))
    with run.stack.database.write() as connection:
        inbox.append(connection, rows)
