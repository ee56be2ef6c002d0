"""The parts of the bot kit's memory that an operator's change needs; the kit keeps the rest."""

from collections.abc import Mapping
from typing import Any

from pipeline.jsons import JsonObject

# [flow, state to go to when it is done], the innermost last.
Calls = list[list[str]]


def unentered(stored: Mapping[str, Any]) -> JsonObject:
    """The memory of a conversation that is yet to enter its state."""
    return {**stored, "is_new": True}


def is_unentered(stored: Mapping[str, Any]) -> bool:
    """Whether the conversation is yet to enter the state that it is in."""
    return bool(stored.get("is_new"))


def moved_by_hand(
    stored: Mapping[str, Any], state: str, *, has_entry_action: bool = False
) -> JsonObject:
    """What still fits when an operator sets `state`: the calls of flows that it is in.

    A state with an entry action is yet to be entered: the next message answers no question.
    """
    calls = leave_flows([list(call) for call in stored.get("calls", ())], state)
    kept: JsonObject = {"calls": calls} if calls else {}
    return unentered(kept) if has_entry_action else kept


def leave_flows(calls: Calls, state: str) -> Calls:
    """`calls` without those of flows that `state` is not in."""
    while calls and not state.startswith(f"{calls[-1][0]}."):
        calls.pop()
    return calls
