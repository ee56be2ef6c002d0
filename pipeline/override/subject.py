"""The conversation that an operator acts on; states.py and writing.py begin here."""

import uuid
from typing import Any

from sqlalchemy import Connection, Row

from pipeline.errors import ChangeRefused, NotFound
from pipeline.records import conversations


def locked(connection: Connection, conversation_id: uuid.UUID) -> Row[Any]:
    """The conversation, locked and open. Raises NotFound or ChangeRefused."""
    conversations.lock(connection, [conversation_id])
    conversation = conversations.by_id(connection, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.")
    if conversation.closed_at:
        raise ChangeRefused("This conversation has ended; write to the contact to open a new one.")
    return conversation
