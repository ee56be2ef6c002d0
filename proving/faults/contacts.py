"""A contact in a test: says things through signed webhooks and gets what the fake was given."""

import itertools
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from proving.faults.fake_twilio.webhooks import OUR_NUMBER
from proving.faults.stack import Stack

_numbers = itertools.count(2_000_000)


def fake_contact(stack: Stack, channel: str = "sms") -> "FakeContact":
    """A contact with a number that nobody else has."""
    return FakeContact(stack, f"+1415{next(_numbers)}", channel)


def fake_contacts(stack: Stack, count: int) -> list["FakeContact"]:
    """That many contacts."""
    return [fake_contact(stack) for _ in range(count)]


@dataclass(frozen=True, slots=True)
class FakeContact:
    """One contact and their phone."""

    stack: Stack
    number: str
    channel: str = "sms"

    @property
    def address(self) -> str:
        """What Twilio calls this phone."""
        return self.prefix + self.number

    @property
    def prefix(self) -> str:
        return "whatsapp:" if self.channel == "whatsapp" else ""

    def says(self, text: str, **fields: str) -> str:
        """Write to the bot and be acknowledged; the message's sid."""
        sid = fields.pop("MessageSid", "SM" + secrets.token_hex(16))
        names = {"From": self.address, "To": self.prefix + OUR_NUMBER, "Body": text}
        status, body = self.stack.post(MessageSid=sid, **(names | fields))
        assert (status, "<Response/>" in body) == (200, True), (status, body)
        return sid

    def taps(self, choice_id: str) -> str:
        """Tap a choice of the last message that has some, as WhatsApp shows it; the tap's sid."""
        creates = self.stack.fake.creates
        offer = next(
            c for c in reversed(creates) if c.to == self.address and "ContentSid" in c.form
        )
        tap = self.stack.fake.contents.tap(offer.form["ContentSid"], choice_id)
        replied = {"OriginalRepliedMessageSid": offer.sid, "MessageType": "interactive"}
        return self.says(tap.pop("Body"), **tap, **replied)

    @property
    def got(self) -> list[str]:
        """The texts that Twilio took for this contact, in order."""
        creates = self.stack.fake.creates
        return [c.body for c in creates if c.sid and c.to == self.address]

    @property
    def contact(self) -> dict[str, Any] | None:
        """The contact in the API."""
        found = self.stack.get(f"/contacts?q={quote(self.number)}")["items"]
        return found[0] if found else None

    @property
    def conversation(self) -> dict[str, Any]:
        """The one conversation in the API."""
        assert self.contact
        found = self.stack.get(f"/contacts/{self.contact['id']}/conversations")["items"]
        (one,) = found
        assert isinstance(one, dict)
        return one

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every message of the contact in the API, oldest first."""
        contact = self.contact
        if not contact:
            return []
        items = self.stack.get(f"/contacts/{contact['id']}/messages?limit=100")["items"]
        assert isinstance(items, list)
        return items

    def sent_to(self) -> list[dict[str, Any]]:
        """The outbound messages of the log."""
        return [item for item in self.log if item["direction"] == "outbound"]
