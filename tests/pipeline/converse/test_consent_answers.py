"""What is said to STOP, START and HELP where the provider says nothing: once, and nothing else."""

import pytest
from sqlalchemy import update

from pipeline.botkit import Bot, Turn
from pipeline.botkit import Consent as ConsentTexts
from pipeline.converse.claim import claim
from pipeline.enums import Consent
from pipeline.errors import BotDefinitionError, ContactOptedOut
from pipeline.messages import Channel
from pipeline.records.core import inbox
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post
from tests.stage import ADA, Stage, one_state

OURS = ConsentTexts(stop="Desk: no more.", start="Desk: on again.", help="Desk: call 555-0100.")


def a_desk(texts: ConsentTexts = OURS) -> Bot:
    def start(turn: Turn) -> None:
        if turn.message.text == "bad":
            raise RuntimeError("out of sorts")
        turn.say(f"bot: {turn.message.text}")

    bot = one_state(start)
    bot.consent = texts
    return bot


def sent(s: Stage) -> list[str]:
    assert isinstance(s.runtime.provider, Post)
    return s.runtime.provider.bodies


def says(s: Stage, text: str, consent: Consent, channel: Channel = "sms") -> None:
    s.hears(text, consent=consent, channel=channel)
    s.plays()


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_each_word_is_answered_once(stage: MakeStage, channel: Channel) -> None:
    s = stage(a_desk())
    says(s, "STOP", Consent.STOP, channel)
    says(s, "START", Consent.START, channel)
    says(s, "HELP", Consent.HELP, channel)
    assert sent(s) == [OURS.stop, OURS.start, OURS.help]
    assert s.conversations() == []
    assert {row.status for row in s.outbound()} == {"accepted"}
    assert s.wakeups.count("dispatch") == 3


def test_answer_is_in_the_log_beside_the_word(stage: MakeStage) -> None:
    s = stage(a_desk())
    s.hears("hi")
    s.converse()
    says(s, "STOP", Consent.STOP)
    written = sorted(rows(s.database, Message), key=lambda row: row.id)
    log = [(m.direction, m.body, m.author) for m in written]
    assert log[-2:] == [("inbound", "STOP", "contact"), ("outbound", OURS.stop, "bot")]
    (talk,) = s.conversations()
    assert {m.conversation_id for m in rows(s.database, Message)} == {talk.id}


def test_nothing_but_the_confirmation_passes_after_stop(stage: MakeStage) -> None:
    s = stage(a_desk())
    s.hears("hi")
    s.converse()
    says(s, "STOP", Consent.STOP)
    s.hears("are you there?")
    s.plays()
    assert sent(s) == [OURS.stop]
    by_body = {row.body: row.status for row in s.outbound()}
    assert by_body == {
        "bot: hi": "suppressed",
        OURS.stop: "accepted",
        "bot: are you there?": "suppressed",
    }


@pytest.mark.parametrize("consent", ["stop", "start", "help"])
def test_provider_that_answers_is_left_to_it(stage: MakeStage, consent: Consent) -> None:
    s = stage(a_desk())
    s.hears("STOP", consent=Consent.STOP, provider_answered=True)
    s.hears(consent.upper(), consent=consent, provider_answered=True)
    s.plays()
    assert sent(s) == []


def test_empty_text_says_nothing(stage: MakeStage) -> None:
    s = stage(a_desk(ConsentTexts(stop="", start=" ", help="")))
    for text, consent in (("STOP", Consent.STOP), ("START", Consent.START), ("HELP", Consent.HELP)):
        says(s, text, consent)
    assert s.outbound() == []
    assert [e.status for e in s.entries()] == ["handled"] * 3


def test_same_webhook_again_is_not_answered_again(stage: MakeStage) -> None:
    s = stage(a_desk())
    first = s.hears("STOP", consent=Consent.STOP)
    s.plays()
    for _ in range(3):
        s.hears("STOP", consent=Consent.STOP, provider_id=first.provider_id)
        s.plays()
    assert sent(s) == [OURS.stop]


def test_webhook_again_after_its_key_was_pruned(stage: MakeStage) -> None:
    s = stage(a_desk())
    first = s.hears("STOP", consent=Consent.STOP)
    s.plays()
    with s.database.write() as connection:
        inbox.prune(connection, s.clock().replace(year=2099), 10)
    assert s.entries() == []
    s.hears("STOP", consent=Consent.STOP, provider_id=first.provider_id)
    s.plays()
    assert sent(s) == [OURS.stop]
    assert [e.status for e in s.entries()] == ["parked"]


def test_two_workers_answer_once(stage: MakeStage) -> None:
    s = stage(a_desk())
    s.hears("STOP", consent=Consent.STOP)
    first, second = s.conversing(), s.conversing()
    first.drain()
    second.drain()
    s.dispatch()
    assert sent(s) == [OURS.stop]


def test_confirmation_is_ahead_of_a_parked_head(stage: MakeStage) -> None:
    s = stage(a_desk())
    s.hears("bad")
    for seconds in (0, 1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()
    says(s, "STOP", Consent.STOP)
    assert [e.status for e in s.entries()] == ["parked", "handled"]
    assert sent(s) == [OURS.stop]


def test_help_is_answered_after_stop_too(stage: MakeStage) -> None:
    s = stage(a_desk())
    says(s, "STOP", Consent.STOP)
    says(s, "HELP", Consent.HELP)
    assert sent(s) == [OURS.stop, OURS.help]
    assert set(rows(s.database, Contact)[0].opt_outs) == {"sms +15550100"}


def test_operator_who_holds_does_not_hold_it_back(stage: MakeStage) -> None:
    s = stage(a_desk())
    s.hears("hi")
    s.plays()
    with s.database.write() as connection:
        connection.execute(update(Conversation).values(holder="operator", held_by="ada"))
    says(s, "STOP", Consent.STOP)
    assert sent(s)[-1] == OURS.stop


def test_closed_window_of_an_old_talk_does_not_hold_it_back(stage: MakeStage) -> None:
    s = stage(a_desk())
    s.hears("hi", channel="whatsapp")
    s.plays()
    s.clock.pass_by(3 * 24 * 3600)
    says(s, "STOP", Consent.STOP, "whatsapp")
    assert sent(s)[-1] == OURS.stop


def test_blocked_contact_is_not_answered(stage: MakeStage) -> None:
    s = stage(a_desk())
    says(s, "HELP", Consent.HELP)
    with s.database.write() as connection:
        connection.execute(update(Contact).values(is_blocked=True))
    says(s, "STOP", Consent.STOP)
    assert sent(s) == [OURS.help]
    assert s.outbound()[-1].status == "suppressed"


def test_answer_that_is_too_late_expires(stage: MakeStage) -> None:
    s = stage(a_desk())
    s.hears("STOP", consent=Consent.STOP)
    s.converse()
    s.clock.pass_by(5 * 3600)
    s.dispatch()
    assert (sent(s), s.outbound()[0].status) == ([], "expired")


def test_yes_in_a_talk_is_no_consent(stage: MakeStage) -> None:
    s = stage(a_desk())
    says(s, "YES", Consent.START)
    assert sent(s) == ["bot: YES"]


def test_refusal_at_send_opts_the_contact_out(stage: MakeStage) -> None:
    s = stage(a_desk(), Post(ContactOptedOut("The contact said STOP", code="21610")))
    s.hears("hi")
    s.plays()
    s.hears("still there?")
    s.plays()
    assert [row.status for row in s.outbound()] == ["suppressed", "suppressed"]
    assert len(sent(s)) == 1
    assert set(rows(s.database, Contact)[0].opt_outs) == {"sms +15550100"}
    says(s, "START", Consent.START)
    s.hears("hi again")
    s.plays()
    assert sent(s)[1:] == [OURS.start, "bot: hi again"]


def test_refusal_in_a_callback_opts_the_contact_out(stage: MakeStage) -> None:
    s = stage(a_desk())
    s.hears("hi")
    s.plays()
    s.gets("SM1", "failed", error_code="21610", error="The contact said STOP")
    s.dispatch()
    assert (s.outbound()[0].status, s.outbound()[0].failed_at) == ("suppressed", None)
    assert set(rows(s.database, Contact)[0].opt_outs) == {"sms +15550100"}


@pytest.mark.parametrize(("status", "code"), [("failed", "30003"), ("delivered", "21610")])
def test_other_callbacks_opt_nobody_out(stage: MakeStage, status: str, code: str) -> None:
    s = stage(a_desk())
    s.hears("hi")
    s.plays()
    s.gets("SM1", status, error_code=code)
    s.dispatch()
    assert s.outbound()[0].status == status
    assert rows(s.database, Contact)[0].opt_outs == {}


def test_unsettled_stop_is_a_barrier_for_its_lane_only(stage: MakeStage) -> None:
    s = stage(a_desk())
    s.hears("STOP", consent=Consent.STOP)
    s.hears("hi", "+14155550109")
    batch = claim(s.database, 8)
    assert ADA not in {work.key for work in batch.works}
    s.conversing()._take(batch)
    s.plays()
    assert sorted(sent(s)) == [OURS.stop, "bot: hi"]


def test_text_that_cannot_be_sent_is_refused_at_start() -> None:
    with pytest.raises(BotDefinitionError, match=r"Consent\(help=…\) must be a text of up to"):
        ConsentTexts(help="x" * 1601)
