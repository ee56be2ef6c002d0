"""/conversations: find them, read them, move them to a state, write in them."""

import uuid
from typing import Any

from apiflask import APIBlueprint
from sqlalchemy import Connection, Row

from pipeline import override
from pipeline.errors import NotFound
from pipeline.insight import conversations as insight
from pipeline.insight import transcript
from pipeline.insight.conversations import Wanted
from web.api import shapes, views
from web.api.cursors import page
from web.auth import actor, at_least, bearer
from web.site import here

conversations = APIBlueprint("conversations", __name__)


def existing(connection: Connection, conversation_id: uuid.UUID) -> Row[Any]:
    """The conversation with its contact's phone and name, or NotFound."""
    if row := insight.one(connection, conversation_id):
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
    wanted = Wanted(
        words=query["q"],
        states=query["state"],
        channel=query["channel"],
        holder=query["holder"],
    )
    with runtime.database.read() as connection:
        rows = insight.listing(connection, wanted, query.get("cursor"), limit + 1)
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
    return _shown(conversation_id)


@conversations.patch("/conversations/<uuid:conversation_id>")
@conversations.auth_required(bearer, roles=at_least("operator"))
@conversations.input(shapes.Change, arg_name="change")
@conversations.output(shapes.Conversation)
@conversations.doc(responses={409: "The conversation has ended"})
def change_conversation(conversation_id: uuid.UUID, change: dict[str, Any]) -> dict[str, Any]:
    """Set the state or the holder by hand

    A state that the bot lacks is refused with the list of its states, unless `force` is true.
    While the holder is `operator` the bot is silent.
    """
    site, who = here(), actor()
    holder = change.pop("holder", None)
    if "state" in change:
        override.change_state(site.runtime, conversation_id, **change, actor=who)
        site.ring("converse")
    if holder == "operator":
        override.hold(site.runtime, conversation_id, actor=who)
    elif holder == "bot":
        override.give_back(site.runtime, conversation_id, actor=who)
    return _shown(conversation_id)


@conversations.post("/conversations/<uuid:conversation_id>/reset")
@conversations.auth_required(bearer, roles=at_least("operator"))
@conversations.output(shapes.Conversation)
@conversations.doc(responses={409: "The conversation has ended"})
def reset_conversation(conversation_id: uuid.UUID) -> dict[str, Any]:
    """Start over

    Start state, data emptied, timers cancelled.
    """
    site = here()
    override.reset(site.runtime, conversation_id, actor=actor())
    site.ring("converse")
    return _shown(conversation_id)


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


@conversations.post("/conversations/<uuid:conversation_id>/messages")
@conversations.auth_required(bearer, roles=at_least("operator"))
@conversations.input(shapes.MessageHeaders, location="headers", arg_name="headers")
@conversations.input(shapes.NewMessage, arg_name="body")
@conversations.output(shapes.Message, status_code=201)
@conversations.doc(responses={200: "The message that was queued under this key", 409: "Refused"})
def write_in_conversation(
    conversation_id: uuid.UUID, headers: dict[str, Any], body: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    """Write in a conversation

    With an `Idempotency-Key` the same request twice is one message.
    """
    site = here()
    queued = override.send_message(
        site.runtime,
        conversation_id,
        body["body"],
        actor=actor(),
        idempotency_key=headers["idempotency_key"],
    )
    site.ring("dispatch")
    with site.runtime.database.read() as connection:
        message = transcript.one(connection, queued.message_id)
    return views.message(message), 201 if queued.is_new else 200


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


def _shown(conversation_id: uuid.UUID) -> dict[str, Any]:
    runtime = here().runtime
    with runtime.database.read() as connection:
        return views.conversation(existing(connection, conversation_id), runtime.bot)
