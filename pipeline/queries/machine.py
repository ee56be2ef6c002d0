"""The bot's states with the number of open conversations in each, for pages and the terminal."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.botkit import Bot
from pipeline.botkit.analysis import graph
from pipeline.queries.states import StateCount


@dataclass(frozen=True, slots=True)
class StateUsage:
    """A state and how many open conversations are in it.

    `node` is None for a state that only the database knows. `earlier` are the state's former names,
    each with the number of conversations still stored under it.
    """

    name: str
    node: graph.Node | None
    conversations: int
    earlier: tuple[tuple[str, int], ...] = ()


def places(bot: Bot, counts: Iterable[StateCount]) -> tuple[StateUsage, ...]:
    """The bot's states in its own order, then those that only the database knows."""
    here: dict[str, int] = {}
    earlier: dict[str, list[tuple[str, int]]] = {}
    for count in counts:
        known = bot.definition.known(count.state)
        name = known.name if known else count.state
        here[name] = here.get(name, 0) + count.conversations
        if name != count.state:
            earlier.setdefault(name, []).append((count.state, count.conversations))
    nodes = {node.name: node for node in graph.machine(bot).states}
    names = [*nodes, *(name for name in here if name not in nodes)]
    return tuple(
        StateUsage(name, nodes.get(name), here.get(name, 0), tuple(earlier.get(name, ())))
        for name in names
    )
