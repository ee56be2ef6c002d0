"""An operator opts a contact out, of one number of ours or of all, and in again; audited."""

import uuid

import pytest

from pipeline import override
from pipeline.errors import ChangeRefused, NotFound
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.contacts import Contact
from tests.builders import a_contact, rows
from tests.pipeline.conftest import MakeStage
from tests.stage import Stage

ME = "ada@example.com"
HERE = {"channel": "sms", "number": "+15550100"}


def opt_outs(s: Stage) -> set[str]:
    (contact,) = rows(s.database, Contact)
    return set(contact.opt_outs)


def audited(s: Stage) -> list[tuple[str, str, dict[str, str]]]:
    return [(row.actor, row.action, row.details) for row in rows(s.database, AuditEntry)]


def test_an_opt_out_of_everything_holds_back_what_is_queued(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    (contact,) = rows(s.database, Contact)
    override.opt_out(s.runtime, contact.id, actor=ME)
    s.dispatch()
    assert [(row.status, row.attempts) for row in s.outbound()] == [("suppressed", 0)]
    assert opt_outs(s) == {"*"}
    assert audited(s) == [(ME, "opt_out", {})]


def test_an_opt_out_of_one_number(stage: MakeStage) -> None:
    s = stage()
    contact = a_contact(s.database)
    override.opt_out(s.runtime, contact.id, actor=ME, **HERE)
    override.opt_out(s.runtime, contact.id, actor=ME, **HERE)
    assert opt_outs(s) == {"sms +15550100"}
    assert audited(s) == [(ME, "opt_out", HERE)]


def test_opting_in_again(stage: MakeStage) -> None:
    s = stage()
    given = {"sms +15550100": "2026-03-01T12:00:00+00:00", "whatsapp +15550100": "2026-03-01"}
    contact = a_contact(s.database, opt_outs=given)
    override.opt_in(s.runtime, contact.id, actor=ME, **HERE)
    assert opt_outs(s) == {"whatsapp +15550100"}
    override.opt_in(s.runtime, contact.id, actor=ME)
    override.opt_in(s.runtime, contact.id, actor=ME)
    assert opt_outs(s) == set()
    assert audited(s) == [(ME, "opt_in", HERE), (ME, "opt_in", {})]


def test_one_number_of_somebody_who_left_all_is_refused(stage: MakeStage) -> None:
    s = stage()
    contact = a_contact(s.database, opt_outs={"*": "2026-03-01T12:00:00+00:00"})
    with pytest.raises(ChangeRefused, match="opted out of all numbers"):
        override.opt_in(s.runtime, contact.id, actor=ME, **HERE)
    assert opt_outs(s) == {"*"}


@pytest.mark.parametrize("half", [{"channel": "sms"}, {"number": "+15550100"}])
def test_half_a_place_is_refused(stage: MakeStage, half: dict[str, str]) -> None:
    s = stage()
    contact = a_contact(s.database)
    for verb in (override.opt_out, override.opt_in):
        with pytest.raises(ChangeRefused, match="both channel and number"):
            verb(s.runtime, contact.id, actor=ME, **half)


def test_nobody_is_not_found(stage: MakeStage) -> None:
    s = stage()
    for verb in (override.opt_out, override.opt_in):
        with pytest.raises(NotFound):
            verb(s.runtime, uuid.uuid4(), actor=ME)


def test_an_operator_cannot_write_to_them(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.plays()
    (contact,) = rows(s.database, Contact)
    override.opt_out(s.runtime, contact.id, actor=ME)
    (talk,) = s.conversations()
    with pytest.raises(ChangeRefused, match="asked not to be messaged"):
        override.send_message(s.runtime, talk.id, "hello", actor=ME)
