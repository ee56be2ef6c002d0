"""The data of the state graph: nodes, and edges between them; web/static/graph.js draws it.

Counts are separate: while `version` is unchanged, the script updates only the counts.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from flask import url_for

from pipeline.botkit import Bot
from pipeline.botkit.analysis import graph
from pipeline.queries.machine import StateUsage
from web.dashboard.formats import tint

EdgeKind = Literal["move", "then", "timeout", "command", "fallback"]


@dataclass(frozen=True, slots=True)
class Node:
    """A state, or the node "anywhere"; `note` is the small line under its name."""

    name: str
    note: str
    sort: Literal["await", "send", "unknown", "anywhere"]
    tint: str
    href: str = ""
    is_start: bool = False
    is_odd: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """All transitions from one node to another, with their causes."""

    source: int
    target: int
    way: EdgeKind
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """`counts` belong to the first nodes, in order."""

    version: str
    nodes: tuple[Node, ...]
    lines: tuple[Edge, ...]
    counts: tuple[int, ...]

    @property
    def data(self) -> dict[str, object]:
        """As JSON for the script."""
        return {"nodes": self.nodes, "lines": self.lines, "counts": self.counts}


class _Transition(NamedTuple):
    """`source` is None for a command, which works in every state."""

    source: str | None
    target: str
    way: EdgeKind
    label: str = ""


def drawing(bot: Bot, places: tuple[StateUsage, ...]) -> Drawing:
    """The drawing of a bot's machine, with the states that only the database knows."""
    nodes = [_node(bot, place) for place in places]
    numbers: dict[str | None, int] = {place.name: i for i, place in enumerate(places)}
    transitions = list(_transitions(graph.machine(bot), places))
    if any(move.source is None for move in transitions):
        numbers[None] = len(nodes)
        nodes.append(Node("anywhere", "commands in any state", "anywhere", ""))
    drawn = tuple(nodes), _edges(transitions, numbers)
    version = hashlib.blake2b(repr(drawn).encode("utf-8", "replace"), digest_size=9).hexdigest()
    return Drawing(version, *drawn, tuple(place.conversations for place in places))


def _listed(place: StateUsage) -> str:
    """The address of the conversations in a state, under the names it had before as well."""
    names = [place.name, *(name for name, _ in place.earlier)]
    return url_for("conversations.index", state=names)


def _node(bot: Bot, place: StateUsage) -> Node:
    node, color, href = place.node, tint(bot, place.name), _listed(place)
    if node is None:
        return Node(place.name, "not in the bot", "unknown", color, href, is_odd=True)
    is_odd = bool(node.marks)
    note = " · ".join(_notes(node))
    return Node(place.name, note, node.sort, color, href, node.is_start, is_odd)


def _notes(node: graph.Node) -> Iterator[str]:
    if node.is_start:
        yield "start"
    yield "asks" if node.is_question else "sends" if node.sort == "send" else "waits"
    if node.nudge:
        yield f"nudges {node.nudge}"
    if graph.UNREACHABLE in node.marks:
        yield "unreachable"
    if graph.NO_EXIT in node.marks:
        yield "dead end"
    if node.goes_back:
        yield "leads back"
    if node.is_open:
        yield "decided at run time"


def _transitions(machine: graph.Machine, places: tuple[StateUsage, ...]) -> Iterator[_Transition]:
    for state in machine.states:
        for edge in state.transitions:
            # "then" is what every arrow of a SEND-state says.
            is_then = edge.label == "then"
            label = "" if is_then else edge.label
            yield _Transition(state.name, edge.target, "then" if is_then else "move", label)
        if state.timeout:
            yield _Transition(state.name, state.timeout.target, "timeout", state.timeout.label)
    for command in machine.commands:
        for target in command.targets:
            yield _Transition(
                None, target, "command", " / ".join(f"“{word}”" for word in command.texts)
            )
    label = "fallback" if machine.has_fallback else "handled by the start state"
    for place in places:
        if place.node is None:
            yield from (
                _Transition(place.name, name, "fallback", label) for name in machine.fallback
            )


def _edges(transitions: list[_Transition], numbers: dict[str | None, int]) -> tuple[Edge, ...]:
    """One edge for all transitions between two nodes; a timeout's only if there is no other."""
    between: dict[tuple[int, int], list[_Transition]] = {}
    for move in transitions:
        if move.target in numbers:
            between.setdefault((numbers[move.source], numbers[move.target]), []).append(move)
    return tuple(
        Edge(source, target, together[0].way, tuple(_labels(together)))
        for (source, target), together in between.items()
    )


def _labels(together: list[_Transition]) -> Iterator[str]:
    """The labels of an edge; transitions without a label are marked by "or"."""
    has_plain = any(not move.label for move in together)
    for label in dict.fromkeys(move.label for move in together if move.label):
        yield f"or {label}" if has_plain else label
