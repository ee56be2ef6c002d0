"""The conversation that an operator acts on: load it with a lock, and save its changes."""

import uuid
from datetime import datetime

from sqlalchemy import Connection

from pipeline import crash
from pipeline.conversation.pending import Pending
from pipeline.conversation.values import Contact, Conversation
from pipeline.crash import Point
from pipeline.errors import ChangeRefused, NotFound
from pipeline.records import saving
from pipeline.records.core import contacts, conversations
from pipeline.runtime import Runtime


def locked(connection: Connection, conversation_id: uuid.UUID) -> Conversation:
    """The conversation, locked and open. Raises NotFound or ChangeRefused."""
    conversation = locked_even_if_ended(connection, conversation_id)
    if conversation.closed_at:
        raise ChangeRefused("This conversation has ended. Message the contact to open a new one.")
    return conversation


def locked_even_if_ended(connection: Connection, conversation_id: uuid.UUID) -> Conversation:
    """The conversation, locked. Raises NotFound."""
    conversations.lock(connection, [conversation_id])
    conversation = conversations.load(connection, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.")
    return conversation


def contact_of(connection: Connection, contact_id: uuid.UUID) -> Contact:
    """The contact, not locked. Raises NotFound."""
    contact = contacts.load(connection, contact_id)
    if contact is None:
        raise NotFound("There is no such contact.")
    return contact


def save(connection: Connection, changed: list[Conversation], now: datetime) -> None:
    """Save locked conversations; their turns in flight are discarded (promise P8)."""
    keys = contacts.keys_of(connection, {conversation.contact_id for conversation in changed})
    lanes = [Pending(keys[one.contact_id], conversations=[one]) for one in changed]
    saving.save(connection, lanes, now)
    crash.point(Point.OVERRIDE_MOVING)


def start_of(runtime: Runtime) -> str:
    """The bot's start state. Raises ChangeRefused while the bot cannot be loaded."""
    if runtime.bot_error:
        raise ChangeRefused(f"The bot cannot be loaded: {runtime.bot_error}")
    return runtime.bot.start
