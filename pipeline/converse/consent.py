"""STOP, START and HELP, settled ahead of lane order and never shown to the bot.

The provider sends the legal answer itself; we mirror what the contact wants.
https://help.twilio.com/articles/223134027 (Twilio support for opt-out keywords)
"""

import uuid
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row
from sqlalchemy.exc import DataError, IntegrityError

from pipeline.converse.drafts import ContactDraft
from pipeline.database import Database
from pipeline.messages import Inbound
from pipeline.records import contacts, conversations, inbox, messages

log = structlog.get_logger(__name__)


def settle_waiting(database: Database) -> None:
    """Settle what waits, each in a transaction of its own.

    One that cannot be settled is parked and holds nobody up.
    """
    with database.read() as connection:
        if not inbox.has_consents(connection):
            return
    while _settle_next(database):
        pass


def _settle_next(database: Database) -> bool:
    with database.write() as connection:
        entry = inbox.next_consent(connection)
        if entry is None:
            return False
        now = database.now(connection)
        try:
            with connection.begin_nested():
                _settle(connection, entry, now)
        except (DataError, IntegrityError, KeyError, TypeError, ValueError) as error:
            text = f"{type(error).__name__}: {error}"
            inbox.fail(connection, entry.id, attempts=1, error=text, parked_at=now)
            log.exception("consent parked")
    return True


def _settle(connection: Connection, entry: Row[Any], now: datetime) -> None:
    message = Inbound.from_json(entry.payload["message"])
    contact = contacts.by_keys(connection, [message.contact_key]).get(message.contact_key)
    where = contacts.scope(message.channel, message.recipient)
    has_opted_out = contact is not None and where in contact.opt_outs
    if message.consent == "start" and not has_opted_out and not message.provider_answered:
        # "YES" from somebody who never said STOP is an answer to the bot.
        inbox.treat_as_message(connection, entry.id)
        return
    contact_id = contact.id if contact else _create(connection, message, now)
    if message.consent in {"stop", "start"}:
        at = entry.received_at if message.consent == "stop" else None
        contacts.set_opt_out(connection, contact_id, where, at)
    talks = conversations.open_of(connection, [contact_id])
    here = [
        t.id for t in talks if (t.channel, t.our_number) == (message.channel, message.recipient)
    ]
    row = messages.inbound_row(message, entry, contact_id, here[0] if here else None)
    messages.append(connection, [row])
    inbox.settle(connection, [entry.id], "handled", now)


def _create(connection: Connection, message: Inbound, now: datetime) -> uuid.UUID:
    draft = ContactDraft.new(message)
    draft.heard(message, now)
    contacts.create_new(connection, draft.values(now))
    # A turn may have created the same contact meanwhile.
    found: uuid.UUID = contacts.by_keys(connection, [draft.key])[draft.key].id
    return found
