"""Hold and give back: who answers a conversation, an operator or the bot."""

import uuid

from pipeline.override.states import arm_timeout
from pipeline.override.subject import locked
from pipeline.records import audit, contacts, conversations, lanes, outbox
from pipeline.runtime import Runtime

_TAKEN = "An operator took the conversation before this was sent."


def hold(runtime: Runtime, conversation_id: uuid.UUID, *, actor: str) -> None:
    """Take a conversation: the bot is silent, a turn in flight is thrown away (promise P8).

    The bot's replies that still wait are cancelled, so that the operator's words are not behind
    them.
    """
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        before = locked(connection, conversation_id)
        conversations.change(
            connection, conversation_id, holder="operator", held_by=actor, held_until=None
        )
        contact = contacts.by_id(connection, before.contact_id)
        if contact:
            lanes.lock(connection, "outbound", [contact.key])
            outbox.cancel_replies(connection, conversation_id, _TAKEN, now)
            lanes.wake(connection, "outbound", [contact.key], now)
        audit.append(connection, now, actor, "hold", str(conversation_id))


def give_back(runtime: Runtime, conversation_id: uuid.UUID, *, actor: str) -> None:
    """Let the bot answer again, from the state the conversation is in."""
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        before = locked(connection, conversation_id)
        conversations.change(connection, conversation_id, holder="bot", held_by="", held_until=None)
        contact = contacts.by_id(connection, before.contact_id)
        state = runtime.bot.states.get(before.state)
        if contact and state:
            # A time-out that came due meanwhile did nothing.
            arm_timeout(connection, before.id, contact.key, state, before.state_seq, now)
        audit.append(connection, now, actor, "give_back", str(conversation_id))
