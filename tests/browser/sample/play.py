"""A play for the sample: phones and operators on a stage whose clock runs from long ago until now.

Messages take the way of real ones: a webhook's form is read, converse runs the template bot,
dispatch hands to a carrier that answers as the play says, operators use pipeline/override.
"""

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bots import template
from pipeline import override
from pipeline.botkit import Bot
from pipeline.conversation.values import Conversation
from pipeline.enums import Status
from pipeline.messages import Accepted, Outbound, StatusCallback
from pipeline.providers import webhook_form
from pipeline.providers.twilio.codes import delivery_reason
from pipeline.records.core import contacts, conversations, inbox, messages, status_callbacks
from pipeline.records.core.contacts import ContactRow
from tests.provider_for_tests import Answer, Post
from tests.stage import Stage, a_stage

OURS = "+14155550100"
_sids = itertools.count(1)


class Carrier(Post):
    """Delivers at once what it is not told to refuse; known to the records as the simulator."""

    name = "simulator"

    def send(self, outbound: Outbound) -> Accepted:
        accepted = super().send(outbound)
        is_plain = accepted.status == Status.ACCEPTED
        return replace(accepted, status=Status.DELIVERED) if is_plain else accepted


@dataclass(slots=True)
class Play:
    """A stage, and the moment that the play ends at."""

    stage: Stage
    carrier: Carrier
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def on(cls, url: str) -> "Play":
        """On the database at `url`, which has every table."""
        carrier = Carrier()
        stage = a_stage(url, template.bot, carrier)
        return cls(stage, carrier)

    def ago(self, **length: float) -> None:
        """Go to a moment so long before the end, as `ago(days=2, hours=1)`."""
        self.stage.clock.now = self.now - timedelta(**length)

    def passes(self, **length: float) -> None:
        """Let time pass; due timers fire."""
        self.stage.ticks(timedelta(**length).total_seconds())
        self.stage.plays()

    def answers(self, *answers: Answer) -> None:
        """What the carrier says to the next messages."""
        self.carrier.answers.extend(answers)

    @contextmanager
    def bot(self, bot: Bot) -> Iterator[None]:
        """Another bot for a while."""
        usual = self.stage.runtime
        self.stage.runtime = replace(usual, bot=bot)
        yield
        self.stage.runtime = usual


@dataclass(frozen=True, slots=True)
class Phone:
    """A contact's phone: a number with its country, or a WhatsApp user id."""

    play: Play
    address: str
    name: str = ""
    channel: str = "sms"
    ours: str = OURS

    def says(self, body: str, *, is_answered: bool = True, **fields: str) -> None:
        """Write; the bot answers a moment later. `fields` are more of the webhook's form."""
        stage = self.play.stage
        form = {name: [value] for name, value in (self._form(body) | fields).items()}
        message = webhook_form.inbound(form, provider="simulator", account_id="simulator")
        stage.puts_in(inbox.entry(message, form))
        if is_answered:
            stage.clock.pass_by(1)
            stage.plays()
            stage.clock.pass_by(25)

    def taps(self, title: str, payload: str) -> None:
        """Tap on a button that the bot showed."""
        self.says(title, ButtonText=title, ButtonPayload=payload)

    def sends(self, url: str, content_type: str, body: str = "") -> None:
        """Send a file."""
        self.says(body, NumMedia="1", MediaUrl0=url, MediaContentType0=content_type)

    def shares(self, latitude: float, longitude: float, label: str) -> None:
        """Share a place."""
        self.says("", Latitude=str(latitude), Longitude=str(longitude), Label=label)

    @property
    def contact(self) -> ContactRow:
        """The contact, who has been heard."""
        with self.play.stage.database.read() as connection:
            key = self.address.replace(" ", "")
            return contacts.by_keys(connection, [key])[key]

    @property
    def conversation(self) -> Conversation:
        """The open conversation on this channel."""
        contact_id = self.contact.id
        with self.play.stage.database.read() as connection:
            found = conversations.latest_of(connection, contact_id, self.channel)
        assert found is not None
        return found

    @property
    def last_received(self) -> str:
        """The provider's id of the last message to this phone."""
        sent = self.play.stage.outbound()
        return str([row for row in sent if row.contact_id == self.contact.id][-1].provider_id)

    def first(self, kind: str) -> uuid.UUID:
        """The first message of a kind in the open conversation."""
        with self.play.stage.database.read() as connection:
            found = messages.latest_of(connection, self.conversation.id, 100)
        message_id: uuid.UUID = next(row.public_id for row in found if row.kind == kind)
        return message_id

    def gets(self, status: str, code: str = "") -> None:
        """The last message to this phone reaches a status, as a status callback tells."""
        stage = self.play.stage
        last = [row for row in stage.outbound() if row.contact_id == self.contact.id][-1]
        callback = StatusCallback(
            "simulator",
            "simulator",
            last.provider_id,
            status,
            error_code=code,
            error=delivery_reason(code),
        )
        with stage.database.write() as connection:
            row = status_callbacks.row(callback, {}) | {"received_at": stage.clock()}
            status_callbacks.append(connection, [row])
        stage.dispatch()

    def _form(self, body: str) -> dict[str, str]:
        prefix = "whatsapp:" if self.channel == "whatsapp" else ""
        address = self.address.removeprefix("whatsapp:").replace(" ", "")
        return {
            "MessageSid": f"SM{next(_sids):032x}",
            "From": prefix + address,
            "To": prefix + self.ours,
            "Body": body,
            "ProfileName": self.name,
        }


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who steps in by hand."""

    play: Play
    email: str

    def reads(self, phone: Phone) -> None:
        """Open a conversation."""
        database = self.play.stage.database
        conversation_id = phone.conversation.id
        with database.write() as connection:
            conversations.mark_read(connection, conversation_id, database.now(connection))

    def writes(self, phone: Phone, body: str, **more: Any) -> None:
        """Send a message; `more` as override.send_message has it."""
        stage = self.play.stage
        override.send_message(stage.runtime, phone.conversation.id, body, actor=self.email, **more)
        stage.clock.pass_by(1)
        stage.dispatch()
        stage.clock.pass_by(30)
        self.reads(phone)

    def holds(self, phone: Phone, minutes: int | None = None) -> None:
        """Take a conversation."""
        override.take_over(
            self.play.stage.runtime, phone.conversation.id, actor=self.email, minutes=minutes
        )

    def gives_back(self, phone: Phone) -> None:
        """Let the bot answer again."""
        override.release(self.play.stage.runtime, phone.conversation.id, actor=self.email)

    def blocks(self, phone: Phone) -> None:
        """Let nothing more go out to a contact."""
        override.block(self.play.stage.runtime, phone.contact.id, actor=self.email)

    def sets(self, phone: Phone, state: str, reason: str) -> None:
        """Change the state, known or not."""
        override.change_state(
            self.play.stage.runtime,
            phone.conversation.id,
            state,
            actor=self.email,
            reason=reason,
            force=True,
        )
        self.play.stage.plays()
