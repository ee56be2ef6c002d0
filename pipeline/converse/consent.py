"""STOP, START and HELP, settled ahead of lane order and never shown to the bot.

We mirror what the contact wants. Where the provider does not answer, the bot's `consent` texts do,
through the outbox like any reply; pipeline/gates.py lets them out even after a STOP.
https://help.twilio.com/articles/223134027 (Twilio support for opt-out keywords)
"""

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row
from sqlalchemy.exc import DataError, IntegrityError

from pipeline import crash, gates
from pipeline.botkit import Bot
from pipeline.converse.drafts import ContactDraft
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import EntryStatus
from pipeline.messages import Inbound, storable
from pipeline.records.core import contacts, conversations, inbox, messages, outbox

log = structlog.get_logger(__name__)


class Consents:
    """Settles consents for one bot, whose answers leave through one provider."""

    def __init__(self, database: Database, bot: Bot, provider: str) -> None:
        self._database = database
        self._bot = bot
        self._provider = provider

    def settle_waiting(self) -> bool:
        """Settle what waits, each in a transaction of its own; returns whether answers go out.

        One that cannot be settled is parked and holds nobody up.
        """
        with self._database.read() as connection:
            if not inbox.has_consents(connection):
                return False
        answers = False
        while (is_answered := self._settle_next()) is not None:
            answers = answers or is_answered
        return answers

    def _settle_next(self) -> bool | None:
        """Settle one; returns whether an answer goes out, None when nothing waits."""
        with self._database.write() as connection:
            entry = inbox.next_consent(connection)
            if entry is None:
                return None
            now = self._database.now(connection)
            try:
                with connection.begin_nested():
                    return self._settle(connection, entry, now)
            except (DataError, IntegrityError, KeyError, TypeError, ValueError) as error:
                text = f"{type(error).__name__}: {error}"
                inbox.fail(connection, entry.id, attempts=1, error=text, parked_at=now)
                log.exception("consent parked")
                return False

    def _settle(self, connection: Connection, entry: Row[Any], now: datetime) -> bool:
        message = Inbound.from_json(entry.payload["message"])
        contact = contacts.by_keys(connection, [message.contact_key]).get(message.contact_key)
        where = contacts.scope(message.channel, message.recipient)
        if message.consent == "start" and not (contact and where in contact.opt_outs):
            # "YES" from somebody who never said STOP is an answer to the bot, and "START" a word
            # to begin with, whatever else the provider says to it.
            inbox.treat_as_message(connection, entry.id)
            return False
        contact_id = contact.id if contact else _create(connection, message, now)
        talks = conversations.open_of(connection, [contact_id])
        here = (message.channel, message.recipient)
        talk = next((t.id for t in talks if (t.channel, t.our_number) == here), None)
        heard = messages.inbound_row(message, entry, contact_id, talk)
        answers = self._answers(message, heard, now)
        if answers:
            outbox.enqueue(connection, [heard, *answers], [message.contact_key], now)
        else:
            messages.append(connection, [heard])
        if message.consent in {"stop", "start"}:
            at = entry.received_at if message.consent == "stop" else None
            contacts.set_opt_out(connection, contact_id, where, at)
        inbox.settle(connection, [entry.id], EntryStatus.HANDLED, now)
        crash.point(Point.CONVERSE_CONSENTING)
        return bool(answers)

    def _answers(
        self, message: Inbound, heard: dict[str, Any], now: datetime
    ) -> list[dict[str, Any]]:
        """The one answer, or none where the provider gives it or the bot says nothing."""
        text: str = asdict(self._bot.consent)[message.consent or ""]
        if message.provider_answered or not text.strip():
            return []
        same = ("contact_id", "conversation_id", "turn_id", "channel", "our_number")
        return [
            messages.outbound_row(
                **{name: heard[name] for name in same},
                provider=self._provider,
                author="bot",
                body=storable(text),
                content={gates.CONSENT: message.consent},
                created_at=now,
                expires_at=now + messages.KEEP_TRYING_TO_SEND,
                ordinal=1,
            )
        ]


def _create(connection: Connection, message: Inbound, now: datetime) -> uuid.UUID:
    draft = ContactDraft.new(message)
    draft.heard(message, now)
    contacts.create_new(connection, draft.values(now))
    # A turn may have created the same contact meanwhile.
    found: uuid.UUID = contacts.by_keys(connection, [draft.key])[draft.key].id
    return found
