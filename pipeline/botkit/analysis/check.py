"""Finds the mistakes in a bot that show without running it; `load` refuses a bot with errors."""

from dataclasses import dataclass
from typing import Literal

from pipeline.botkit.analysis.names import wrong_names
from pipeline.botkit.analysis.reachability import (
    loops,
    never_heard,
    odd_flows,
    trapped,
    unreachable,
)
from pipeline.botkit.definition import Definition

UNREACHABLE = "nothing leads here but an operator or a reminder"
NO_EXIT = "nothing leads out but an operator, a reminder or the end"


@dataclass(frozen=True, slots=True)
class Problem:
    """An error stops the bot from being loaded, a warning does not; `text` says where it is."""

    severity: Literal["error", "warning"]
    text: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.text}"


def check(definition: Definition) -> list[Problem]:
    """All problems, errors first."""
    errors = [*wrong_names(definition), *loops(definition)]
    if errors:
        return [Problem("error", text) for text in errors]
    flows = list(odd_flows(definition))
    warnings = [text for _, text in flows]
    # Of these it is said already that something is wrong with their ways.
    silent = {flow for flow, _ in flows}
    warnings += [
        f"{definition.at(state)}: {UNREACHABLE}; return its name, or delete it"
        for state in unreachable(definition)
        if state.flow not in silent
    ]
    warnings += [
        f"{definition.at(state)}: {NO_EXIT}; return another state's name, or add a command"
        for state in trapped(definition)
        if state.flow not in silent
    ]
    warnings += never_heard(definition)
    return [Problem("warning", text) for text in warnings]
