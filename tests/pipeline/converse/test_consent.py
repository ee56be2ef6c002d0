"""STOP, START and HELP: ahead of everything in their lane, never shown to the bot."""

import pytest

from pipeline.botkit import Consent as ConsentTexts
from pipeline.botkit import Turn
from pipeline.converse.claim import claim
from pipeline.enums import Consent
from pipeline.records.core import inbox
from pipeline.records.core.contacts import Contact
from pipeline.records.core.messages import Message
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import Stage

HERE = "sms +15550100"
TEXTS = ConsentTexts()


def refuse_bad(turn: Turn) -> None:
    if turn.message.text == "bad":
        raise RuntimeError("out of sorts")
    turn.say(turn.message.text)


def opt_outs(s: Stage) -> set[str]:
    (contact,) = rows(s.database, Contact)
    return set(contact.opt_outs)


@pytest.mark.parametrize("consent", ["stop", "help"])
def test_consent_of_a_stranger_is_logged(stage: MakeStage, consent: Consent) -> None:
    s = stage()
    s.hears(consent.upper(), consent=consent, provider_answered=True)
    s.plays()
    assert s.replies == []
    assert [m.body for m in rows(s.database, Message)] == [consent.upper()]
    assert opt_outs(s) == ({HERE} if consent == "stop" else set())
    assert [e.status for e in s.entries()] == ["handled"]


@pytest.mark.parametrize("is_answered", [False, True])
def test_start_of_a_stranger_is_for_the_bot(stage: MakeStage, is_answered: bool) -> None:
    s = stage()
    s.hears("YES", consent="start", provider_answered=is_answered)
    s.plays()
    assert s.replies == ["YES"]
    assert opt_outs(s) == set()


def test_stop_and_start_are_for_one_number_of_ours(stage: MakeStage) -> None:
    s = stage()
    s.hears("STOP", consent="stop")
    s.hears("STOP", consent="stop", recipient="+15550199")
    s.converse()
    assert opt_outs(s) == {HERE, "sms +15550199"}
    s.hears("START", consent="start")
    s.converse()
    assert opt_outs(s) == {"sms +15550199"}


def test_stop_is_ahead_of_a_waiting_head(stage: MakeStage) -> None:
    s = stage(refuse_bad)
    s.hears("bad")
    s.converse()
    s.hears("STOP", consent="stop")
    s.converse()
    assert opt_outs(s) == {HERE}
    assert [e.status for e in s.entries()] == ["waiting", "handled"]


def test_stop_is_ahead_of_a_parked_head(stage: MakeStage) -> None:
    s = stage(refuse_bad)
    s.hears("bad")
    for seconds in (0, 1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()
    s.hears("STOP", consent="stop")
    s.converse()
    assert [e.status for e in s.entries()] == ["parked", "handled"]
    assert opt_outs(s) == {HERE}


def test_reply_queued_before_stop_is_not_sent(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    s.hears("STOP", consent="stop")
    s.plays()
    reply, _ = s.outbound()
    assert (reply.status, reply.attempts) == ("suppressed", 0)
    assert "STOP" in reply.error


def test_yes_is_an_answer_and_keeps_its_place(stage: MakeStage) -> None:
    s = stage(refuse_bad)
    s.hears("bad")
    s.hears("YES", consent="start")
    s.hears("after")
    s.converse()
    assert s.replies == []
    for seconds in (1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()
    assert s.replies == ["YES", "after"]


def test_yes_of_somebody_opted_out_is_no_turn(stage: MakeStage) -> None:
    s = stage()
    s.hears("STOP", consent="stop")
    s.converse()
    s.hears("YES", consent="start")
    s.hears("hello")
    s.plays()
    assert s.replies == [TEXTS.stop, TEXTS.start, "hello"]
    assert opt_outs(s) == set()


def test_what_follows_an_unsettled_consent_waits(stage: MakeStage) -> None:
    s = stage()
    s.hears("a")
    s.hears("YES", consent="start")
    s.hears("b")
    drain = s.conversing()
    # Claimed before anybody settled the "YES": only what came before it may run.
    from_claim = drain_once(s)
    assert from_claim == ["a"]
    drain.drain()
    assert s.replies == ["a", "YES", "b"]


def drain_once(s: Stage) -> list[str]:
    drain = s.conversing()
    batch = claim(s.database, 8)
    drain._take(batch)
    return s.replies


def test_consent_counts_as_heard(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    s.hears("STOP", consent="stop")
    s.converse()
    (talk,) = s.conversations()
    assert [m.conversation_id for m in rows(s.database, Message)] == [talk.id] * 4


def test_consent_already_in_the_log_is_parked(stage: MakeStage) -> None:
    s = stage()
    first = s.hears("STOP", consent="stop")
    s.converse()
    s.hears("STOP", consent="stop", provider_id=first.provider_id, account_id="another")
    s.hears("hi", "+14155550109")
    s.converse()
    assert [e.status for e in s.entries()] == ["handled", "parked", "handled"]


def test_stop_and_start_settle_in_their_order(stage: MakeStage) -> None:
    s = stage()
    s.hears("STOP", consent="stop")
    s.hears("START", consent="start")
    with s.database.write() as stopping:
        first = inbox.next_consent(stopping)
        if not s.database.is_sqlite:
            # Another worker finds nothing: START waits until STOP is settled.
            with s.database.write() as starting:
                assert inbox.next_consent(starting) is None
    assert first is not None
    s.converse()
    assert opt_outs(s) == set()
