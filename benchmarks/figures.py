"""Figures and their format: rows with their goals, ratios within a round, medians, spread."""

import itertools
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Round = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """A lower bound, or an upper one if `is_most`; for Parley's ratio if the row has one."""

    bound: float
    is_most: bool = False

    def is_reached(self, value: float) -> bool:
        """Whether the value is good enough."""
        return value <= self.bound if self.is_most else value >= self.bound

    def __str__(self) -> str:
        """As the table says it."""
        return f"{'≤' if self.is_most else '≥'} {number(self.bound)}"


@dataclass(frozen=True, slots=True)
class Row:
    """One side of a comparison: `key` names its figure, `beside` that of Parley."""

    what: str
    side: str
    key: str
    beside: str = ""
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One benchmark: its rows, and one round in which every side takes its turn."""

    rows: tuple[Row, ...]
    measure: Callable[[], Round]


@dataclass(frozen=True, slots=True)
class Line:
    """A row with the figures of every round."""

    row: Row
    values: tuple[float, ...]
    ratios: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """The middle one: these machines are noisy."""
        return statistics.median(self.values)

    @property
    def ratio(self) -> float:
        """Parley's figure by this one, each pair from the same round."""
        return statistics.median(self.ratios)

    @property
    def is_reached(self) -> bool | None:
        """Whether the goal is; None without one."""
        if self.row.goal is None:
            return None
        return self.row.goal.is_reached(self.ratio if self.ratios else self.median)


def alternating(*sides: Callable[[], Round]) -> Callable[[], Round]:
    """One round of all sides, each next round the other way about: none is always the first."""
    orders = itertools.cycle((sides, sides[::-1]))
    return lambda: {key: value for side in next(orders) for key, value in side().items()}


def lines(rows: Sequence[Row], rounds: Sequence[Round]) -> list[Line]:
    """The rows with what the rounds gave them; a row that no round has a figure for is left out."""
    lines = []
    for row in rows:
        if all(row.key in figures for figures in rounds):
            ratios = [figures[row.beside] / figures[row.key] for figures in rounds if row.beside]
            lines.append(Line(row, tuple(figures[row.key] for figures in rounds), tuple(ratios)))
    return lines


def number(value: float) -> str:
    """Three digits, as a person reads them."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def span(values: Sequence[float]) -> str:
    """From the least to the most."""
    return f"{number(min(values))}–{number(max(values))}"
