"""`turn.opt_out()` and the bot's own words: part of the turn, gated as after STOP, audited."""

import pytest
from sqlalchemy import update

from pipeline.botkit import Bot, Consent, Turn
from pipeline.enums import Consent as Wish
from pipeline.receive import Receiver
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.contacts import Contact
from tests.builders import an_inbound, rows
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post
from tests.stage import ADA, Stage, one_state

HERE = "sms +15550100"


def leaving(turn: Turn) -> None:
    if turn.says("leave"):
        turn.say("You are off the list.")
        turn.opt_out()
        turn.say("But wait!")
    elif turn.says("fail"):
        turn.opt_out()
        raise RuntimeError("out of sorts")
    else:
        turn.say(f"bot: {turn.message.text}")


def sent(s: Stage) -> list[str]:
    assert isinstance(s.runtime.provider, Post)
    return s.runtime.provider.bodies


def opt_outs(s: Stage) -> list[set[str]]:
    return [set(contact.opt_outs) for contact in rows(s.database, Contact)]


@pytest.mark.parametrize("is_known", [False, True])
def test_what_was_said_before_it_goes_out_and_nothing_after(
    stage: MakeStage, is_known: bool
) -> None:
    s = stage(leaving)
    if is_known:
        s.hears("hi")
        s.plays()
    s.hears("leave me alone")
    s.plays()
    s.hears("anybody?")
    s.plays()
    assert sent(s) == [*(["bot: hi"] if is_known else []), "You are off the list."]
    assert opt_outs(s) == [{HERE}]
    assert [row.status for row in s.outbound()][-2:] == ["suppressed", "suppressed"]


def test_it_is_audited(stage: MakeStage) -> None:
    s = stage(leaving)
    s.hears("leave")
    s.plays()
    (contact,) = rows(s.database, Contact)
    (entry,) = rows(s.database, AuditEntry)
    assert (entry.actor, entry.action, entry.target) == ("bot tester", "opt_out", str(contact.id))
    assert entry.details == {"channel": "sms", "number": "+15550100"}


def test_it_is_for_one_number_of_ours(stage: MakeStage) -> None:
    s = stage(leaving)
    s.hears("leave")
    s.hears("hi", recipient="+15550199")
    s.plays()
    assert sent(s) == ["You are off the list.", "bot: hi"]
    assert opt_outs(s) == [{HERE}]


def test_start_undoes_it(stage: MakeStage) -> None:
    s = stage(leaving)
    s.hears("leave")
    s.plays()
    s.hears("START", consent=Wish.START)
    s.hears("hi")
    s.plays()
    assert opt_outs(s) == [set()]
    assert sent(s) == ["You are off the list.", Consent().start, "bot: hi"]


def test_what_was_queued_before_is_gated_too(stage: MakeStage) -> None:
    s = stage(leaving)
    s.hears("hi")
    s.converse()
    s.hears("leave")
    s.plays()
    assert sent(s) == ["You are off the list."]


def test_a_turn_that_fails_opts_nobody_out(stage: MakeStage) -> None:
    s = stage(leaving)
    s.hears("fail")
    s.plays()
    assert opt_outs(s) == [set()]
    assert rows(s.database, AuditEntry) == []


def test_an_opt_out_of_everything_gates_every_number(stage: MakeStage) -> None:
    s = stage(leaving)
    s.hears("hi")
    s.plays()
    with s.database.write() as connection:
        everywhere = {"*": "2026-03-01T12:00:00+00:00"}
        connection.execute(update(Contact).values(opt_outs=everywhere))
    s.hears("one")
    s.hears("two", channel="whatsapp", recipient="+15550199")
    s.plays()
    assert sent(s) == ["bot: hi"]
    # A START, from anywhere, is a consent again.
    s.hears("START", consent=Wish.START)
    s.hears("three")
    s.plays()
    assert opt_outs(s) == [set()]
    assert sent(s)[-1] == "bot: three"


def a_spanish_bot() -> Bot:
    bot = one_state(leaving)
    bot.consent = Consent(
        stop="Listo.", stop_words={"es": ("BAJA",)}, start_words={"es": ("ALTA",)}
    )
    return bot


def test_the_bots_own_words_are_settled_ahead_of_their_lane(stage: MakeStage) -> None:
    s = stage(a_spanish_bot())
    receiver = Receiver(s.database, s.wakeups.append, marked=s.runtime.bot.marked)
    s.hears("fail")
    s.converse()
    for text in ("¡Baja!", "hola"):
        receiver.inbound(an_inbound(text, contact_key=ADA, phone=ADA), {})
    s.plays()
    # The failed turn still holds the lane up, but not the opt-out.
    assert sent(s) == ["Listo."]
    assert opt_outs(s) == [{HERE}]
    assert [e.kind for e in s.entries()] == ["rerun", "consent", "message"]


def test_without_the_bots_words_it_is_a_message(stage: MakeStage) -> None:
    s = stage(a_spanish_bot())
    Receiver(s.database, s.wakeups.append).inbound(an_inbound("baja"), {})
    s.plays()
    assert sent(s) == ["bot: baja"]


def test_the_bots_start_word_of_a_stranger_is_an_answer(stage: MakeStage) -> None:
    s = stage(a_spanish_bot())
    receiver = Receiver(s.database, s.wakeups.append, marked=s.runtime.bot.marked)
    receiver.inbound(an_inbound("alta"), {})
    s.plays()
    assert sent(s) == ["bot: alta"]
