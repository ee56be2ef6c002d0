"""The conversation that an operator acts on; the other modules begin here."""

import uuid
from typing import Any

from sqlalchemy import Connection, Row

from pipeline.errors import ChangeRefused, NotFound
from pipeline.records.core import contacts, conversations
from pipeline.runtime import Runtime


def locked(connection: Connection, conversation_id: uuid.UUID) -> Row[Any]:
    """The conversation, locked and open. Raises NotFound or ChangeRefused."""
    conversation = locked_even_if_ended(connection, conversation_id)
    if conversation.closed_at:
        raise ChangeRefused("This conversation has ended; write to the contact to open a new one.")
    return conversation


def locked_even_if_ended(connection: Connection, conversation_id: uuid.UUID) -> Row[Any]:
    """The conversation, locked. Raises NotFound."""
    conversations.lock(connection, [conversation_id])
    conversation = conversations.by_id(connection, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.")
    return conversation


def contact_of(connection: Connection, contact_id: uuid.UUID) -> Row[Any]:
    """The contact, not locked. Raises NotFound."""
    contact = contacts.by_id(connection, contact_id)
    if contact is None:
        raise NotFound("There is no such contact.")
    return contact


def start_of(runtime: Runtime) -> str:
    """The bot's start state. Raises ChangeRefused while the bot cannot be loaded."""
    if runtime.bot_error:
        raise ChangeRefused(f"The bot cannot be loaded: {runtime.bot_error}")
    return runtime.bot.start
