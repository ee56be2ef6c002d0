"""Gates: what is not sent, whatever was queued, and with which words."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline import override
from pipeline.botkit import Buttons, Card, Carousel, Content, Link, Template, Turn
from pipeline.botkit.content.kinds import render
from pipeline.records.core import outbox
from pipeline.records.core.contacts import Contact
from pipeline.records.core.log_rows import outbound_row
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post
from tests.stage import ADA, Stage

HOUR = 3600.0


def silent(_: Turn) -> None:
    """Hears, and says nothing."""


def ends(s: Stage) -> tuple[str, str]:
    s.dispatch()
    (row,) = s.outbound()
    assert isinstance(s.runtime.provider, Post)
    assert s.runtime.provider.sent == []
    return row.status, row.error


def test_hold_cancels_what_is_queued(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    override.take_over(s.runtime, s.conversations()[0].id, actor="ada@example.com")
    assert ends(s) == ("canceled", "An operator took over before this was sent.")


def test_words_of_a_turn_that_hands_over_go_out(stage: MakeStage) -> None:
    def handing(turn: Turn) -> None:
        turn.say("A human will answer.")
        turn.hand_over("asked")

    s = stage(handing)
    s.hears("hi")
    s.plays()
    assert s.outbound()[0].status == "accepted"


def test_operators_words_go_out_of_a_held_talk(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    (talk,) = s.conversations()
    override.take_over(s.runtime, talk.id, actor="ada@example.com")
    override.send_message(s.runtime, talk.id, "I am here.", actor="ada@example.com")
    s.dispatch()
    assert [row.status for row in s.outbound()] == ["canceled", "accepted"]


def test_blocked_contact_gets_nothing(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    with s.database.write() as connection:
        connection.execute(Contact.__table__.update().values(is_blocked=True))  # type: ignore[attr-defined]  # a Table
    assert ends(s) == ("suppressed", "The contact is blocked.")


@pytest.mark.parametrize("sender", ["VERIFY!", "Müller", "a@b.co", "Info:Bank"])
def test_the_name_of_a_sender_gets_nothing(stage: MakeStage, sender: str) -> None:
    s = stage()
    s.hears("Your code is 1234", sender, phone=None)
    s.converse()
    assert ends(s) == (
        "suppressed",
        "This sender can't receive messages: its address is a name, not a number.",
    )


@pytest.mark.parametrize(
    ("channel", "values"),
    [
        ("rcs", {}),
        ("messenger", {"contact": "messenger:1234", "phone": None}),
        ("sms", {"contact": "384387", "phone": None}),
    ],
)
def test_other_channels_are_answered(
    stage: MakeStage, channel: str, values: dict[str, Any]
) -> None:
    s = stage()
    s.hears("hi", channel=channel, **values)
    s.plays()
    assert isinstance(s.runtime.provider, Post)
    (sent,) = s.runtime.provider.sent
    name = values.get("contact", ADA).removeprefix("messenger:")
    assert (sent.channel, sent.recipient) == (channel, name)


def test_old_message_expires(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    s.clock.pass_by(4 * HOUR)
    assert ends(s) == ("expired", "It could not be sent in time.")


@pytest.mark.parametrize(("hours", "status"), [(23.9, "accepted"), (24, "expired")])
def test_whatsapp_window_is_a_day(stage: MakeStage, hours: float, status: str) -> None:
    s = stage(silent)
    s.hears("hi", channel="whatsapp")
    s.converse()
    queue_words(s, hours)
    s.dispatch()
    assert s.outbound()[0].status == status


SID = "HX" + "0" * 32
CARDS = [Card(name, image="https://a", buttons={name: "Buy"}) for name in ("Hat", "Bag")]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (Template(SID), "accepted"),
        (Carousel(CARDS, content_sid=SID), "accepted"),
        (Carousel(CARDS), "expired"),
        (Buttons(yes="Yes"), "expired"),
        (Link("https://a", "Open"), "expired"),
    ],
)
def test_what_is_approved_needs_no_window(stage: MakeStage, said: Content, status: str) -> None:
    s = stage(silent)
    s.hears("hi", channel="whatsapp")
    s.converse()
    reply = render([said], "", "whatsapp")[-1]
    queue_words(s, 48, kind=reply.kind, content=dict(reply.content))
    s.dispatch()
    assert s.outbound()[0].status == status


def test_sms_has_no_window(stage: MakeStage) -> None:
    s = stage(silent)
    s.hears("hi")
    s.converse()
    queue_words(s, 48)
    s.dispatch()
    assert s.outbound()[0].status == "accepted"


def queue_words(s: Stage, hours: float, **values: object) -> None:
    """Words of the bot, queued so long after the contact's message."""
    s.clock.pass_by(hours * HOUR)
    (talk,) = s.conversations()
    row = outbound_row(
        contact_id=talk.contact_id,
        conversation_id=talk.id,
        channel=talk.channel,
        our_number=talk.our_number,
        provider="post",
        author="bot",
        body="words",
        created_at=s.clock(),
        **values,
    )
    with s.database.write() as connection:
        outbox.enqueue(connection, [row], [ADA], s.clock())


def test_window_of_somebody_never_heard_is_closed(stage: MakeStage) -> None:
    now = stage().clock()
    window = Post.limits["whatsapp"]
    assert "Send an approved template" in window.refusal(None, now)
    assert window.refusal(now - timedelta(hours=23), now) == ""
