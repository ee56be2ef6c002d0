"""STOP, START and HELP, settled ahead of lane order and never shown to the bot.

We mirror what the contact wants. Where the provider does not answer, the bot's `consent` texts do,
through the outbox like any reply; pipeline/gates.py lets them out even after a STOP.
Keywords: https://help.twilio.com/articles/223134027
"""

from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from pipeline import crash
from pipeline.botkit import Bot
from pipeline.conversation.consent import CONSENT, is_opted_out, scope, takes_effect
from pipeline.conversation.pending import Failure, LoggedInbound, Pending, QueuedOutbound
from pipeline.conversation.values import Contact
from pipeline.crash import Point
from pipeline.database import Database
from pipeline.enums import Consent, EntryStatus
from pipeline.messages import Inbound, storable
from pipeline.records import filing
from pipeline.records.core import contacts, conversations, inbox, parked
from pipeline.records.core.entries import Waiting
from pipeline.records.saving import add_contact, save_log

log = structlog.get_logger(__name__)
# What a damaged entry raises, and one that no database takes.
_DAMAGE = (DataError, IntegrityError, AttributeError, KeyError, TypeError, ValueError)


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
            now = self._database.now(connection)
            # Its lane tells which contact wrote it.
            filing.file_new(connection, now)
            entry = inbox.next_consent(connection)
            if entry is None:
                return None
            try:
                with connection.begin_nested():
                    return self._settle(connection, entry, now)
            except _DAMAGE as error:
                text = f"{type(error).__name__}: {error}"
                failure = Failure((entry.id,), 1, text, is_final=True)
                parked.fail(connection, entry.id, failure, now)
                log.exception("consent parked", turn=entry.id)
                return False

    def _settle(self, connection: Connection, entry: Waiting, now: datetime) -> bool:
        message = entry.message
        contact = contacts.load_by_keys(connection, [entry.lane]).get(entry.lane)
        where = scope(message.channel, message.recipient)
        is_out = contact is not None and is_opted_out(
            contact.opt_outs, message.channel, message.recipient
        )
        if not takes_effect(message.consent, is_out=is_out):
            # From a contact who has not opted out, "YES" is an answer to the bot and "START" an
            # opening message, even if the provider replies to it too.
            inbox.treat_as_message(connection, entry.id)
            return False
        contact = contact or _create(connection, entry, message, now)
        known = conversations.load_open(connection, contact.id)
        pending = Pending(entry.lane, contact, known)
        conversation = pending.open_on(message.channel, message.recipient)
        at = entry.received_at
        pending.log.append(LoggedInbound.of(message, contact.id, conversation, entry.id, at))
        self._answer(pending, message, entry.id, now)
        save_log(connection, [pending], now)
        if message.consent in {Consent.STOP, Consent.START}:
            since = at if message.consent == Consent.STOP else None
            contacts.set_opt_out(connection, contact.id, where, since)
        inbox.settle(connection, [entry.id], EntryStatus.HANDLED, now)
        crash.point(Point.CONVERSE_CONSENTING)
        return pending.sends

    def _answer(self, pending: Pending, message: Inbound, turn_id: int, now: datetime) -> None:
        """The one answer, or none where the provider gives it or the bot has no text."""
        if message.provider_answered or message.consent is None:
            return
        text = self._bot.consent.reply(message.consent)
        if not text:
            return
        heard = pending.log[0]
        pending.log.append(
            QueuedOutbound(
                contact_id=heard.contact_id,
                conversation_id=heard.conversation_id,
                channel=message.channel,
                our_number=message.recipient,
                address=message.address,
                provider=self._provider,
                author="bot",
                body=storable(text),
                content={CONSENT: message.consent},
                created_at=now,
                turn_id=turn_id,
                ordinal=1,
            )
        )


def _create(connection: Connection, entry: Waiting, message: Inbound, now: datetime) -> Contact:
    """The contact who wrote; a turn may have created the same one meanwhile."""
    contact = Contact.new(message, now, entry.lane)
    contact.hear(message, now)
    return add_contact(connection, contact)
