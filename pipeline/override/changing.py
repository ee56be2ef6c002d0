"""A state and a holder set in one go: both or neither.

Next, after a wake-up: the "enter" entry of a SEND-state goes to pipeline/converse.
"""

import uuid
from dataclasses import dataclass

from pipeline.enums import Holder
from pipeline.override import takeover
from pipeline.override.moving import Move, move
from pipeline.override.states import FREE, wanted_state
from pipeline.override.subject import locked, locked_even_if_ended
from pipeline.records.accounts import audit
from pipeline.records.core import timers
from pipeline.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Change:
    """What to set by hand; `minutes` go with the holder "operator", see takeover.take_over."""

    state: str
    holder: Holder
    reason: str = ""
    force: bool = False
    minutes: int | None = None


def change_state_and_holder(
    runtime: Runtime, conversation_id: uuid.UUID, change: Change, *, actor: str
) -> None:
    """Move a conversation and take it, or give it back, in one transaction.

    Raises UnknownState and ChangeRefused as change_state and hold do; then nothing is changed.
    """
    state = wanted_state(runtime, change.state, force=change.force)
    takeover.refuse_impossible(change.minutes)
    is_freed = change.holder == Holder.BOT
    with runtime.database.write() as connection:
        now = runtime.database.now(connection)
        before = locked(connection, conversation_id)
        wanted = Move(state, actor, change.reason, now, dict(FREE) if is_freed else {})
        move(connection, runtime.bot, [before], wanted)
        steps = {"before": before.state, "after": state}
        audit.append(connection, now, actor, "change_state", str(conversation_id), **steps)
        if is_freed:
            timers.disarm(connection, [conversation_id], timers.RELEASE)
            audit.append(connection, now, actor, "give_back", str(conversation_id))
        else:
            # Its timer stays with the state entered.
            entered = locked_even_if_ended(connection, conversation_id)
            takeover.make_holder(connection, entered, actor, change.minutes, now)
