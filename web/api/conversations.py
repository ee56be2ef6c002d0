"""/conversations: find them and read them; what an operator does to them is in overrides.py."""

import uuid
from typing import Any

from apiflask import APIBlueprint
from sqlalchemy import Connection, Row

from pipeline.errors import NotFound
from pipeline.queries import conversations as queries
from pipeline.queries import transcript
from web.api import filters, shapes, views
from web.api.cursors import page
from web.auth import at_least, bearer
from web.services import here

conversations = APIBlueprint("conversations_api", __name__, tag="Conversations")


def existing(connection: Connection, conversation_id: uuid.UUID) -> Row[Any]:
    """The conversation with its contact's phone and name, or NotFound."""
    if row := queries.one(connection, conversation_id):
        return row
    raise NotFound("There is no such conversation.")


@conversations.get("/conversations")
@conversations.auth_required(bearer, roles=at_least("viewer"))
@conversations.input(shapes.ConversationsQuery, location="query", arg_name="query")
@conversations.output(shapes.ConversationPage)
def list_conversations(query: dict[str, Any]) -> dict[str, Any]:
    """List conversations

    The latest activity first; `state` may be repeated and finds open conversations only.
    """
    runtime, limit = here().runtime, query["limit"]
    wanted = filters.wanted(query)
    with runtime.database.read() as connection:
        rows = queries.listing(connection, wanted, query.get("cursor"), limit + 1)
    return page(
        rows,
        limit,
        shown=lambda row: views.conversation(row, runtime.bot),
        place=lambda row: (row.last_message_at, row.id),
    )


@conversations.get("/conversations/<uuid:conversation_id>")
@conversations.auth_required(bearer, roles=at_least("viewer"))
@conversations.output(shapes.Conversation)
def get_conversation(conversation_id: uuid.UUID) -> dict[str, Any]:
    """Get a conversation"""
    return shown(conversation_id)


@conversations.get("/conversations/<uuid:conversation_id>/messages")
@conversations.auth_required(bearer, roles=at_least("viewer"))
@conversations.input(shapes.BySerial, location="query", arg_name="query")
@conversations.output(shapes.MessagePage)
def list_messages(conversation_id: uuid.UUID, query: dict[str, Any]) -> dict[str, Any]:
    """List a conversation's messages

    The oldest first.
    """
    limit = query["limit"]
    with here().runtime.database.read() as connection:
        existing(connection, conversation_id)
        rows = transcript.of_conversation(
            connection, conversation_id, query.get("cursor", 0), limit + 1
        )
    return page(rows, limit, shown=views.message, place=lambda row: (row.id,))


@conversations.get("/conversations/<uuid:conversation_id>/transitions")
@conversations.auth_required(bearer, roles=at_least("viewer"))
@conversations.input(shapes.BySerial, location="query", arg_name="query")
@conversations.output(shapes.TransitionPage)
def list_transitions(conversation_id: uuid.UUID, query: dict[str, Any]) -> dict[str, Any]:
    """List a conversation's changes of state

    The oldest first.
    """
    limit = query["limit"]
    with here().runtime.database.read() as connection:
        existing(connection, conversation_id)
        rows = transcript.transitions(
            connection, conversation_id, query.get("cursor", 0), limit + 1
        )
    return page(rows, limit, shown=views.transition, place=lambda row: (row.id,))


def shown(conversation_id: uuid.UUID) -> dict[str, Any]:
    """The conversation as it stands now."""
    runtime = here().runtime
    with runtime.database.read() as connection:
        return views.conversation(existing(connection, conversation_id), runtime.bot)
