"""The contact's phone in a test: the messages that it sends, and those that reached it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeline.botkit.situation import ContactView
from pipeline.conversation.consent import CONSENT, OPTED_OUT, is_sent
from pipeline.conversation.consent_keywords import consent
from pipeline.conversation.reactions import LATEST_SENT, Sent
from pipeline.conversation.turns import Choice, Reply
from pipeline.conversation.window import WINDOWS, is_free_form
from pipeline.enums import MessageKind
from pipeline.messages import Channel, Inbound, Location, Media

OUR_NUMBER = "+12025550100"


class Phone:
    """`is_opted_out`: the contact opted out, so that replies do not reach it.

    `unsent` are replies that were not sent in the last step, and why.
    """

    def __init__(self, channel: Channel, contact: ContactView) -> None:
        self.channel = channel
        self.contact = contact
        self.is_opted_out = False
        self.unsent: list[tuple[Reply, str]] = []
        self._written = 0
        self._received: list[Sent] = []

    def receive(
        self, replies: Sequence[Reply], last_inbound_at: datetime | None, now: datetime
    ) -> list[Reply]:
        """Receive replies; returns those that are sent to it."""
        sent = []
        for reply in replies:
            if why := self._refusal(reply, last_inbound_at, now):
                self.unsent.append((reply, why))
                continue
            sent.append(reply)
            sid = f"sent-{len(self._received) + 1}"
            self._received.append(Sent(sid, reply.body, bool(reply.media_urls)))
        return sent

    def _refusal(self, reply: Reply, last_inbound_at: datetime | None, now: datetime) -> str:
        """Why a reply is not sent; "" if it is."""
        if not is_sent(reply, is_out=self.is_opted_out):
            return OPTED_OUT
        window = WINDOWS.get(self.channel)
        if window is None or CONSENT in reply.content or not is_free_form(reply.content):
            return ""
        return window.refusal(last_inbound_at, now)

    def received(self) -> Sequence[Sent]:
        """What it received last, the newest first."""
        return self._received[: -LATEST_SENT - 1 : -1]

    def write(
        self,
        text: str,
        button: str | None,
        location: Location | None,
        files: Sequence[Media],
        choices: Sequence[Choice],
    ) -> Inbound:
        """A message of the contact's; a tap has the title of its choice."""
        titles = {choice.id: choice.title for choice in choices}
        kind = MessageKind.TAP if button else MessageKind.LOCATION if location else MessageKind.TEXT
        if files and kind == MessageKind.TEXT:
            kind = MessageKind.CONTACT_CARD if files[0].content_type else MessageKind.MEDIA
        return self._message(
            kind,
            text=text or titles.get(button or "", ""),
            button_id=button or "",
            media=tuple(files),
            location=location,
            consent=consent(text, self.channel) if kind == MessageKind.TEXT else None,
        )

    def fill(self, answers: Mapping[str, Any]) -> Inbound:
        """The answers of a form."""
        return self._message(MessageKind.INTERACTIVE, form=dict(answers))

    def react(self, emoji: str) -> Inbound:
        """A reaction to the last message that it received."""
        latest = self.received()[0] if self._received else Sent("", "")
        more = {"reply_to": latest.id, "quoted": latest.text}
        return self._message(MessageKind.REACTION, reaction=emoji, **more)

    def _message(self, kind: str, **more: Any) -> Inbound:
        self._written += 1
        return Inbound(
            "rehearsal",
            "rehearsal",
            f"heard-{self._written}",
            self.channel,
            self.contact.phone or self.contact.id,
            OUR_NUMBER,
            kind=kind,
            phone=self.contact.phone,
            **more,
        )
