"""/conversations: change the state of one or many, take over, hand back, write."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline import override
from pipeline.enums import Holder
from pipeline.errors import NotFound
from pipeline.queries.filter import ConversationFilter
from pipeline.records.core import conversations as records
from pipeline.records.core import timers
from web.actions import table
from web.api import shapes
from web.api.actions import add_routes
from web.api.conversations import current, existing
from web.api.messages import queued_message
from web.api.noun import Noun
from web.auth import actor
from web.services import here

overrides = Noun("overrides", "Conversations")


@overrides.patch("/conversations/<uuid:conversation_id>")
@overrides.needs(table.CHANGE_STATE.role)
@overrides.takes(shapes.Change)
@overrides.output(shapes.Conversation)
@overrides.doc(responses={409: "The conversation has ended"})
def change_conversation(
    conversation_id: uuid.UUID,
    reason: str,
    force: bool,
    state: str | None = None,
    holder: str | None = None,
    minutes: int | None = None,
) -> tuple[object, int]:
    """Change the state or the holder

    A state that the bot lacks is refused with the list of its states, unless `force` is true.
    While the holder is `operator` the bot is paused; after `minutes` the conversation is handed
    back to it. State and holder together are both changed or, when refused, neither.
    """
    me = actor()
    if state is not None and holder:
        both = override.Change(state, Holder(holder), reason, force, minutes)
        table.CHANGE_STATE_AND_HOLDER(conversation_id, both, actor=me)
    elif state is not None:
        table.CHANGE_STATE(conversation_id, state, actor=me, reason=reason, force=force)
    elif holder == Holder.OPERATOR:
        table.TAKE_OVER(conversation_id, actor=me, minutes=minutes)
    else:
        table.RELEASE(conversation_id, actor=me)
    return current(conversation_id)


@dataclass(frozen=True, slots=True)
class BulkChanged:
    """How many conversations the filter found, and what became of them."""

    found: int
    changed: int = 0
    skipped: int = 0


@overrides.post("/conversations/state")
@overrides.needs(table.CHANGE_STATES.role)
@overrides.takes(shapes.BulkChange)
@overrides.output(shapes.BulkChanged)
@overrides.doc(responses={409: "There are many more than expected"})
def change_conversations(
    criteria: ConversationFilter,
    state: str,
    reason: str,
    force: bool,
    dry_run: bool,
    expected: int | None = None,
) -> BulkChanged:
    """Change the state of many conversations

    Of all open ones that match the filter. Ask with `dry_run` first, and send what it found as
    `expected`.
    """
    runtime = here().runtime
    if dry_run:
        override.known_state(runtime, state, force=force)
        return BulkChanged(override.count_open(runtime, criteria))
    done = table.CHANGE_STATES(
        criteria, state, actor=actor(), reason=reason, force=force, expected=expected
    )
    return BulkChanged(done.changed + done.skipped, done.changed, done.skipped)


@overrides.post("/conversations/<uuid:conversation_id>/read")
@overrides.needs("operator")
@overrides.output(shapes.Conversation)
def read_conversation(conversation_id: uuid.UUID) -> tuple[object, int]:
    """Mark a conversation as read"""
    database = here().runtime.database
    with database.write() as connection:
        existing(connection, conversation_id)
        records.mark_read(connection, conversation_id, database.now(connection))
    return current(conversation_id)


@overrides.post("/conversations/<uuid:conversation_id>/messages")
@overrides.needs(table.SEND.role)
@overrides.takes(shapes.MessageHeaders, "headers")
@overrides.takes(shapes.Reply)
@overrides.output(shapes.Message, status_code=201)
@overrides.doc(responses={200: "The message already queued under this key", 409: "Refused"})
def write_in_conversation(
    conversation_id: uuid.UUID,
    idempotency_key: str,
    body: str,
    media_urls: Sequence[str],
    hold_minutes: int | Literal[False] | None = False,
) -> tuple[object, int]:
    """Write in a conversation

    The same request twice with one `Idempotency-Key` is one message. With `hold_minutes` the
    message also takes the conversation over, and the bot is paused.
    """
    queued = table.SEND(
        conversation_id,
        body,
        actor=actor(),
        idempotency_key=idempotency_key,
        media_urls=media_urls,
        takeover_minutes=hold_minutes,
    )
    return queued_message(queued)


@overrides.delete("/conversations/<uuid:conversation_id>/timers/<int:timer_id>")
@overrides.needs(table.CANCEL_TIMER.role)
@overrides.output({}, status_code=204)
@overrides.doc(responses={409: "It is the end of a take-over"})
def cancel_timer(conversation_id: uuid.UUID, timer_id: int) -> tuple[str, int]:
    """Cancel a timer

    A reminder, time-out or nudge that has not fallen due.
    """
    with here().runtime.database.read() as connection:
        existing(connection, conversation_id)
        if timer_id not in {timer.id for timer in timers.pending_of(connection, conversation_id)}:
            raise NotFound("This conversation has no such timer.")
    table.CANCEL_TIMER(timer_id, actor=actor())
    return "", 204


add_routes(overrides, "conversation", "/conversations/<uuid:conversation_id>")
