"""/conversations: find and read them; what an operator does to them is in overrides.py."""

import uuid

from sqlalchemy import Connection

from pipeline.errors import NotFound
from pipeline.queries import conversations as queries
from pipeline.queries import transcript
from pipeline.queries.conversations import ListedConversation
from pipeline.queries.filter import ConversationFilter
from pipeline.records.core import timers
from web.api import shapes
from web.api.cursors import Moment
from web.api.listing import one_page
from web.api.noun import Noun
from web.services import here

conversations = Noun("conversations", "Conversations")


def existing(connection: Connection, conversation_id: uuid.UUID) -> ListedConversation:
    """The conversation with its contact's phone and name. Raises NotFound."""
    if row := queries.one(connection, conversation_id):
        return row
    raise NotFound("There is no such conversation.")


def current(conversation_id: uuid.UUID) -> tuple[object, int]:
    """Answer with the conversation as it is now. Raises NotFound."""
    with here().runtime.database.read() as connection:
        return existing(connection, conversation_id), 200


@conversations.get("/conversations")
@conversations.needs("viewer")
@conversations.takes(shapes.ConversationsQuery, "query")
@conversations.output(shapes.ConversationPage)
def list_conversations(
    criteria: ConversationFilter, limit: int, cursor: Moment | None = None
) -> object:
    """List conversations

    The latest activity first. `state` may be repeated, and finds open conversations only.
    """
    with here().runtime.database.read() as connection:
        rows = queries.listing(connection, criteria, cursor, limit + 1)
    return one_page(rows, limit, lambda row: (row.last_message_at, row.id))


@conversations.get("/conversations/<uuid:conversation_id>")
@conversations.needs("viewer")
@conversations.output(shapes.Conversation)
def get_conversation(conversation_id: uuid.UUID) -> tuple[object, int]:
    """Get a conversation"""
    return current(conversation_id)


@conversations.get("/conversations/<uuid:conversation_id>/messages")
@conversations.needs("viewer")
@conversations.takes(shapes.BySerial, "query")
@conversations.output(shapes.MessagePage)
def list_messages(conversation_id: uuid.UUID, limit: int, cursor: int = 0) -> object:
    """List a conversation's messages

    The oldest first.
    """
    with here().runtime.database.read() as connection:
        existing(connection, conversation_id)
        rows = transcript.of_conversation(connection, conversation_id, cursor, limit + 1)
    return one_page(rows, limit, lambda row: (row.id,))


@conversations.get("/conversations/<uuid:conversation_id>/transitions")
@conversations.needs("viewer")
@conversations.takes(shapes.BySerial, "query")
@conversations.output(shapes.TransitionPage)
def list_transitions(conversation_id: uuid.UUID, limit: int, cursor: int = 0) -> object:
    """List a conversation's transitions

    The oldest first.
    """
    with here().runtime.database.read() as connection:
        existing(connection, conversation_id)
        rows = transcript.transitions(connection, conversation_id, cursor, limit + 1)
    return one_page(rows, limit, lambda row: (row.id,))


@conversations.get("/conversations/<uuid:conversation_id>/timers")
@conversations.needs("viewer")
@conversations.output(shapes.TimerPage)
def list_timers(conversation_id: uuid.UUID) -> dict[str, object]:
    """List a conversation's pending timers

    The next to fall due first, all of them.
    """
    with here().runtime.database.read() as connection:
        existing(connection, conversation_id)
        return {"items": timers.pending_of(connection, conversation_id), "next": None}
