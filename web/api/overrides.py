"""What an operator does to conversations: set the state of one or of many, hold, write, end."""

import uuid
from typing import Any

from apiflask import APIBlueprint

from pipeline import override
from pipeline.queries import transcript
from pipeline.records.core import conversations as records
from web.api import filters, shapes, views
from web.api.conversations import existing, shown
from web.auth import actor, at_least, bearer
from web.services import here

overrides = APIBlueprint("overrides_api", __name__, tag="Conversations")


@overrides.patch("/conversations/<uuid:conversation_id>")
@overrides.auth_required(bearer, roles=at_least("operator"))
@overrides.input(shapes.Change, arg_name="change")
@overrides.output(shapes.Conversation)
@overrides.doc(responses={409: "The conversation has ended"})
def change_conversation(conversation_id: uuid.UUID, change: dict[str, Any]) -> dict[str, Any]:
    """Set the state or the holder by hand

    A state that the bot lacks is refused with the list of its states, unless `force` is true.
    While the holder is `operator` the bot is silent; with `minutes` it gives itself back. State
    and holder together are both set or, refused, neither.
    """
    site, who = here(), actor()
    if {"state", "holder"} <= change.keys():
        both = override.Change(**change)
        override.change_state_and_holder(site.runtime, conversation_id, both, actor=who)
    elif "state" in change:
        override.change_state(site.runtime, conversation_id, **change, actor=who)
    elif change["holder"] == "operator":
        minutes = change.get("minutes")
        override.take_over(site.runtime, conversation_id, actor=who, minutes=minutes)
    else:
        override.release(site.runtime, conversation_id, actor=who)
    if "state" in change or change["holder"] == "bot":
        site.notify("converse")
    return shown(conversation_id)


@overrides.post("/conversations/state")
@overrides.auth_required(bearer, roles=at_least("operator"))
@overrides.input(shapes.BulkChange, arg_name="change")
@overrides.output(shapes.BulkChanged)
@overrides.doc(responses={409: "There are many more than expected"})
def change_conversations(change: dict[str, Any]) -> dict[str, Any]:
    """Set the state of many conversations

    Of all open ones that match the filter. Ask with `dry_run` first and send what it found as
    `expected`.
    """
    site = here()
    wanted, is_dry = filters.wanted(change.pop("filter")), change.pop("dry_run")
    if is_dry:
        override.wanted_state(site.runtime, change["state"], force=change["force"])
        return {"found": override.count_open(site.runtime, wanted), "changed": 0, "skipped": 0}
    state = change.pop("state")
    done = override.change_states(site.runtime, wanted, state, actor=actor(), **change)
    site.notify("converse")
    return {"found": done.changed + done.skipped, **done._asdict()}


@overrides.post("/conversations/<uuid:conversation_id>/reset")
@overrides.auth_required(bearer, roles=at_least("operator"))
@overrides.output(shapes.Conversation)
@overrides.doc(responses={409: "The conversation has ended"})
def reset_conversation(conversation_id: uuid.UUID) -> dict[str, Any]:
    """Start over

    Start state, data emptied, timers and waiting replies cancelled.
    """
    site = here()
    override.reset(site.runtime, conversation_id, actor=actor())
    site.notify("converse")
    return shown(conversation_id)


@overrides.post("/conversations/<uuid:conversation_id>/close")
@overrides.auth_required(bearer, roles=at_least("operator"))
@overrides.output(shapes.Conversation)
@overrides.doc(responses={409: "The conversation has ended"})
def close_conversation(conversation_id: uuid.UUID) -> dict[str, Any]:
    """End a conversation

    Timers are cancelled; the contact's next message opens a new one.
    """
    override.end(here().runtime, conversation_id, actor=actor())
    return shown(conversation_id)


@overrides.post("/conversations/<uuid:conversation_id>/read")
@overrides.auth_required(bearer, roles=at_least("operator"))
@overrides.output(shapes.Conversation)
def read_conversation(conversation_id: uuid.UUID) -> dict[str, Any]:
    """Mark a conversation as read"""
    database = here().runtime.database
    with database.write() as connection:
        existing(connection, conversation_id)
        records.mark_read(connection, conversation_id, database.now(connection))
    return shown(conversation_id)


@overrides.post("/conversations/<uuid:conversation_id>/messages")
@overrides.auth_required(bearer, roles=at_least("operator"))
@overrides.input(shapes.MessageHeaders, location="headers", arg_name="headers")
@overrides.input(shapes.Reply, arg_name="reply")
@overrides.output(shapes.Message, status_code=201)
@overrides.doc(responses={200: "The message that was queued under this key", 409: "Refused"})
def write_in_conversation(
    conversation_id: uuid.UUID, headers: dict[str, Any], reply: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    """Write in a conversation

    With an `Idempotency-Key` the same request twice is one message. With `hold_minutes` the bot
    is silent from then on.
    """
    site = here()
    queued = override.send_message(
        site.runtime,
        conversation_id,
        reply["body"],
        actor=actor(),
        idempotency_key=headers["idempotency_key"],
        media_urls=reply["media_urls"],
        takeover_minutes=reply.get("hold_minutes", False),
    )
    site.notify("dispatch")
    return sent(queued)


def sent(queued: override.Queued) -> tuple[dict[str, Any], int]:
    """A message that was queued just now (201), or earlier under the same key (200)."""
    with here().runtime.database.read() as connection:
        message = transcript.one(connection, queued.message_id)
    return views.message(message), 201 if queued.is_new else 200
