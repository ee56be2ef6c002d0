"""Memory: how a conversation got to its state, stored as JSON next to the author's data.

Each turn reads and changes it; pipeline/conversation has what an operator's change needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipeline.conversation.memory import Calls, leave_flows
from pipeline.jsons import JsonObject

LONGEST_TRAIL = 20
MOST_CALLS = 20


@dataclass(slots=True)
class Memory:
    """`trail` holds the entry and calls of each AWAIT-state passed; the present one comes last.

    `tries` counts wrong answers to the present question. `pace` is when a series of quick messages
    started and how many there were. `is_new`: the conversation has not entered its state yet.
    `apology` is the key of a turn that failed, and the texts that on_error said for it.
    """

    trail: list[tuple[str, Calls]] = field(default_factory=list)
    calls: Calls = field(default_factory=list)
    tries: int = 0
    pace: tuple[str, int] | None = None
    is_new: bool = False
    apology: tuple[str, list[str]] = ("", [])

    def said_for(self, key: str) -> list[str]:
        """The texts that on_error said for this turn before."""
        return self.apology[1] if self.apology[0] == key else []

    def leave_flows(self, state: str) -> None:
        """Drop the calls of flows that `state` is not in."""
        leave_flows(self.calls, state)

    def remember(self, entry: str) -> None:
        """Remember that `entry` led to another AWAIT-state."""
        self.trail.append((entry, [list(call) for call in self.calls]))
        # The present state is in it as well.
        del self.trail[: -(LONGEST_TRAIL + 1)]

    def is_too_fast(
        self, at: datetime, before: datetime | None, guard: tuple[int, timedelta]
    ) -> bool:
        """Count a message that arrived `at`, the last one `before`; True if there are too many.

        Messages that arrive no faster than the guard allows on average are not counted.
        """
        most, within = guard
        if before is not None and at < before:  # fetched late: its time does not show the pace
            return False
        if self.pace is not None:
            began, count = datetime.fromisoformat(self.pace[0]), self.pace[1] + 1
            if at - began <= within:
                self.pace = None if count > most else (self.pace[0], count)
                return count > most
            self.pace = None
        if before is not None and at - before <= within / most:
            self.pace = (before.isoformat(), 2)
        return False

    def as_json(self, result: Any) -> JsonObject:
        """The values that are not empty, to store."""
        kept: JsonObject = {}
        if self.trail:
            kept["trail"] = [[entry, calls] if calls else [entry] for entry, calls in self.trail]
        if self.calls:
            kept["calls"] = self.calls
        if self.is_new:
            kept["is_new"] = True
        if self.tries:
            kept["tries"] = self.tries
        if self.pace is not None:
            kept["pace"] = list(self.pace)
        if result is not None:
            kept["result"] = result
        return kept


def load_memory(stored: Mapping[str, Any]) -> Memory:
    """The inverse of `Memory.as_json`."""
    if not stored:
        return Memory()
    pace, apology = stored.get("pace"), stored.get("apology", ("", []))
    return Memory(
        trail=[(entry, calls[0] if calls else []) for entry, *calls in stored.get("trail", ())],
        calls=[list(call) for call in stored.get("calls", ())],
        tries=stored.get("tries", 0),
        pace=(pace[0], pace[1]) if pace else None,
        is_new=bool(stored.get("is_new")),
        apology=(apology[0], list(apology[1])),
    )
