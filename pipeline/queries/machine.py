"""The bot's machine with the open conversations in each state, for a page or a terminal to show."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.botkit import Bot
from pipeline.botkit.analysis import graph
from pipeline.queries.states import StateCount


@dataclass(frozen=True, slots=True)
class StateUsage:
    """A state and how many open conversations are in it.

    `node` is None for a state that only the database knows. `earlier` are names that the state had
    before, with those of its conversations that still bear them.
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
