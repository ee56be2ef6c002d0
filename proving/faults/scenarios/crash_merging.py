"""How a run reaches the crash points of joining, merging and splitting contacts."""

from pathlib import Path

from pipeline.records.core.contacts import Contact
from proving.faults.processes import eventually
from proving.faults.run import Run
from proving.faults.scenarios.crash_drivers import is_audited_once
from proving.faults.scenarios.persons import both_named, meet
from proving.faults.steps import count, insist


def two_who_are_one(run: Run, mark: Path) -> None:
    """Contacts turn out to be one person, two by two."""
    run.start()
    met = meet(run)
    both_named(run, met)
    run.has_crashed(mark)
    eventually(lambda: not run.waiting(), 60)
    assert count(run, Contact.id) == len(met), "two contacts of one person are left"


def a_merge(run: Run, mark: Path) -> None:
    """An operator merges two contacts; the answer does not come, so the client asks again."""
    first, second = _two_talks(run)
    insist(run, "POST", f"/contacts/{first}/merge", other=second)
    run.has_crashed(mark)
    assert count(run, Contact.id) == 1, "the merged contact is left"
    is_audited_once(run, "merge_contacts")


def a_split(run: Run, mark: Path) -> None:
    """An operator splits an address off; the answer does not come, so the client asks again."""
    first, second = _two_talks(run)
    address = run.stack.get(f"/contacts/{second}")["phone"]
    insist(run, "POST", f"/contacts/{first}/merge", other=second)
    insist(run, "POST", f"/contacts/{first}/split", address=address)
    run.has_crashed(mark)
    assert count(run, Contact.id) == 2, "the contacts are not apart"
    is_audited_once(run, "split_contact")


def _two_talks(run: Run) -> tuple[str, str]:
    """Everything runs, and two contacts have been answered; their ids."""
    run.start()
    persons = run.fake_contacts(2)
    for person in persons:
        # One after the other: once they are one contact, their replies have one order.
        run.traffic.say(person, "n 1")
        eventually(lambda person=person: person.got, 60)  # type: ignore[misc]  # mypy has no type for a default
    ids = [person.contact["id"] for person in persons if person.contact]
    return ids[0], ids[1]
