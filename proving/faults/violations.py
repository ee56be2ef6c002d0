"""Verdicts: what a scenario makes legitimate, and what a violation of a promise looks like."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a scenario makes legitimate: `resends` after an outcome that nobody could settle,
    `overlaps` of a worker that lost its lease without knowing, `parked` turns, `silences` of a bot
    whose conversation an operator holds."""

    resends: bool = False
    overlaps: bool = False
    parked: bool = False
    silences: bool = False


STRICT = Allowed()


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken; `events` is the smallest piece of history that shows it."""

    kind: str
    promise: str
    what: str
    events: tuple[str, ...] = ()

    def __str__(self) -> str:
        """For a terminal."""
        lines = [f"{self.kind} ({self.promise}): {self.what}", *self.events]
        return "\n    ".join(lines)
