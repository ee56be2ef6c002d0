"""States: how many open conversations are in each, and which of them the bot knows."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from pipeline.records.stats import tallies


@dataclass(frozen=True, slots=True)
class StateCount:
    """One state; `known` is False when conversations are in it but the bot's code lacks it."""

    state: str
    known: bool
    conversations: int


def listing(connection: Connection, bot_states: Iterable[str]) -> list[StateCount]:
    """The bot's states in its own order, then those that only the database knows."""
    counts = tallies.of(connection, tallies.STATE)
    known = [StateCount(state, True, counts.pop(state, 0)) for state in bot_states]
    return known + [StateCount(state, False, number) for state, number in counts.items()]
