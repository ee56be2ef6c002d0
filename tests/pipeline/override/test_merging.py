"""Merging two contacts by hand, and taking them apart again."""

import uuid
from typing import Any

import pytest

from pipeline import override
from pipeline.enums import Consent
from pipeline.errors import ChangeRefused, NotFound
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core import addresses
from pipeline.records.core.contacts import Contact
from pipeline.records.core.messages import Message
from pipeline.records.stats import tallies
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.pipeline.converse.test_one_person import OTHER, TODAY, counting, sent, writes
from tests.stage import BOB, Stage

ADA = "ada@example.com"
FIRST, SECOND = "+14155550111", "+14155550122"


def contact_of(s: Stage, key: str) -> Any:
    return next(row for row in rows(s.database, Contact) if row.key == key)


def two(s: Stage, channels: tuple[str, str] = ("whatsapp", "sms")) -> tuple[uuid.UUID, uuid.UUID]:
    """Two contacts who have each written twice."""
    for text in ("1", "2"):
        for number, channel in zip((FIRST, SECOND), channels, strict=True):
            s.hears(f"{number[-2:]} {text}", number, channel=channel)
            s.plays()
            s.clock.pass_by(1)
    return contact_of(s, FIRST).id, contact_of(s, SECOND).id


def actions(s: Stage) -> list[tuple[str, str]]:
    return [(row.action, row.actor) for row in rows(s.database, AuditEntry)]


def contacts_counted(s: Stage) -> int:
    with s.database.read() as connection:
        return tallies.of(connection, tallies.CONTACTS)[""]


def test_a_dry_run_counts_and_changes_nothing(stage: MakeStage) -> None:
    s = stage(counting)
    first, second = two(s, ("sms", "sms"))
    plan = override.preview_merge(s.runtime, first, second)
    assert (plan.conversations, plan.messages) == (1, 4)
    assert [row.address for row in plan.addresses] == [SECOND]
    (conflict,) = plan.conflicts
    assert (conflict.stays.contact_id, conflict.ends.contact_id) == (second, first)
    assert len(rows(s.database, Contact)) == 2
    assert actions(s) == []


def test_a_merge_moves_everything(stage: MakeStage) -> None:
    s = stage(counting)
    first, second = two(s)
    assert contacts_counted(s) == 2
    done = override.merge_contacts(s.runtime, first, actor=ADA, other=second)
    assert (done.conversations, done.messages, done.conflicts) == (1, 4, ())
    (row,) = rows(s.database, Contact)
    assert (row.id, row.phone) == (first, FIRST)
    assert {it.contact_id for it in s.conversations()} == {first}
    assert {it.contact_id for it in rows(s.database, Message)} == {first}
    assert contacts_counted(s) == 1
    assert actions(s) == [("merge_contacts", ADA)]


def test_a_merged_contact_answers_each_address(stage: MakeStage) -> None:
    s = stage(counting)
    first, second = two(s)
    override.merge_contacts(s.runtime, first, actor=ADA, other=second)
    s.hears("3", SECOND)
    s.plays()
    s.hears("3", FIRST, channel="whatsapp")
    s.plays()
    assert sent(s)[-2:] == [("sms", SECOND, "3: 3"), ("whatsapp", FIRST, "3: 3")]
    assert len(s.conversations()) == 2


def test_the_later_active_of_two_open_conversations_stays(stage: MakeStage) -> None:
    s = stage(counting)
    first, second = two(s, ("sms", "sms"))
    override.merge_contacts(s.runtime, first, actor=ADA, other=second)
    mine = {row.data["heard"][0][:2]: row for row in s.conversations()}
    assert mine["11"].closed_at is not None
    assert mine["22"].closed_at is None


def test_opt_outs_and_blocks_of_either_stay(stage: MakeStage) -> None:
    s = stage(counting)
    first, second = two(s)
    s.hears("STOP", SECOND, consent=Consent.STOP)
    s.plays()
    override.block(s.runtime, second, actor=ADA)
    override.change_contact(s.runtime, second, actor=ADA, attributes={"plan": "gold"})
    override.merge_contacts(s.runtime, first, actor=ADA, other=second)
    (row,) = rows(s.database, Contact)
    assert row.opt_outs.keys() == {"sms +15550100"}
    assert row.is_blocked
    assert row.attributes["plan"] == "gold"


def test_impossible_merges_are_refused(stage: MakeStage) -> None:
    s = stage(counting)
    first, _ = two(s)
    with pytest.raises(ChangeRefused, match="same contact"):
        override.merge_contacts(s.runtime, first, actor=ADA, other=first)
    with pytest.raises(NotFound):
        override.merge_contacts(s.runtime, first, actor=ADA, other=uuid.uuid4())
    assert len(rows(s.database, Contact)) == 2


@pytest.mark.parametrize("address", [SECOND, FIRST])
def test_a_merge_is_taken_apart_again(stage: MakeStage, address: str) -> None:
    s = stage(counting)
    first, second = two(s)
    override.merge_contacts(s.runtime, first, actor=ADA, other=second)
    done = override.split_contact(s.runtime, first, actor=ADA, address=address)
    assert (done.conversations, done.messages) == (1, 4)
    assert contacts_counted(s) == 2
    assert {row.phone for row in rows(s.database, Contact)} == {FIRST, SECOND}
    assert contact_of(s, address).id == done.contact.id
    for number, channel in ((FIRST, "whatsapp"), (SECOND, "sms")):
        s.hears("3", number, channel=channel)
        s.plays()
        bodies = {
            row.body
            for row in rows(s.database, Message)
            if row.contact_id == contact_of(s, number).id and row.direction == "inbound"
        }
        assert bodies == {f"{number[-2:]} 1", f"{number[-2:]} 2", "3"}
    assert sent(s)[-2:] == [("whatsapp", FIRST, "3: 3"), ("sms", SECOND, "3: 3")]
    assert actions(s)[-1] == ("split_contact", ADA)


@pytest.mark.parametrize("address", [TODAY, OTHER])
def test_forms_of_a_number_can_be_split(stage: MakeStage, address: str) -> None:
    s = stage(counting)
    writes(s, TODAY, "a")
    writes(s, f"whatsapp:{OTHER}", "b")
    s.plays()
    (row,) = rows(s.database, Contact)
    done = override.split_contact(s.runtime, row.id, actor=ADA, address=address)
    assert (done.contact.key, done.conversations) == (address, 1)
    for _ in range(2):
        writes(s, TODAY, "c")
        writes(s, f"whatsapp:{OTHER}", "d")
        s.plays()
    found = {it.id: it.key for it in rows(s.database, Contact)}
    assert sorted(found.values()) == sorted([TODAY, OTHER])
    for conversation in s.conversations():
        is_sms = conversation.channel == "sms"
        assert found[conversation.contact_id] == (TODAY if is_sms else OTHER)
        assert len(conversation.data["heard"]) == 3
    # Merging them by hand once more ends that.
    one, other = found
    override.merge_contacts(s.runtime, one, actor=ADA, other=other)
    writes(s, TODAY, "e")
    writes(s, f"whatsapp:{OTHER}", "f")
    s.plays()
    (row,) = rows(s.database, Contact)


def test_what_waits_goes_to_its_own_contact(stage: MakeStage) -> None:
    s = stage(counting)
    first, second = two(s)
    override.merge_contacts(s.runtime, first, actor=ADA, other=second)
    s.hears("w1", FIRST, channel="whatsapp")
    s.hears("w2", SECOND)
    override.split_contact(s.runtime, first, actor=ADA, address=SECOND)
    s.plays()
    assert [body for _, _, body in sent(s)[-2:]] in (["3: w1", "3: w2"], ["3: w2", "3: w1"])
    assert contact_of(s, SECOND).id != first


def test_impossible_splits_are_refused(stage: MakeStage) -> None:
    s = stage(counting)
    first, second = two(s)
    with pytest.raises(ChangeRefused, match=r"no such address. It has: \+14155550111"):
        override.split_contact(s.runtime, first, actor=ADA, address=SECOND)
    with pytest.raises(ChangeRefused, match="only address"):
        override.split_contact(s.runtime, first, actor=ADA, address=FIRST)
    with pytest.raises(NotFound):
        override.split_contact(s.runtime, uuid.uuid4(), actor=ADA, address=FIRST)
    assert len(rows(s.database, Contact)) == 2
    assert second


def test_an_opt_out_stays_with_both_after_a_split(stage: MakeStage) -> None:
    s = stage(counting)
    first, second = two(s)
    override.merge_contacts(s.runtime, first, actor=ADA, other=second)
    s.hears("STOP", SECOND, consent=Consent.STOP)
    s.plays()
    override.split_contact(s.runtime, first, actor=ADA, address=SECOND)
    assert [row.opt_outs.keys() for row in rows(s.database, Contact)] == [{"sms +15550100"}] * 2


def test_a_contact_is_added_by_any_form_of_its_number(stage: MakeStage) -> None:
    s = stage(counting)
    writes(s, f"whatsapp:{OTHER}", "a")
    s.plays()
    for written in (TODAY, OTHER, "+55 31 98888-7701"):
        contact, is_new = override.add_contact(s.runtime, written, actor=ADA, force=True)
        assert (contact.key, is_new) == (TODAY, False)
    s.hears("x", BOB)
    s.plays()
    assert len(rows(s.database, Contact)) == 2


def test_a_number_an_operator_adds_is_kept_as_written(stage: MakeStage) -> None:
    s = stage(counting)
    contact, is_new = override.add_contact(s.runtime, OTHER, actor=ADA, force=True)
    assert (contact.phone, is_new) == (OTHER, True)
    override.write_to(s.runtime, contact.id, "Hello", actor=ADA)
    s.dispatch()
    assert sent(s) == [("sms", OTHER, "Hello")]
    writes(s, TODAY, "hi")
    s.plays()
    assert sent(s)[-1] == ("sms", TODAY, "1: hi")
    with s.database.read() as connection:
        assert [row.address for row in addresses.of_contact(connection, contact.id)] == [TODAY]
