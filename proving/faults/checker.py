"""The checker: compares the records of a history and reports which promise was broken, and where.

In the manner of Jepsen's total-queue (https://github.com/jepsen-io/jepsen, checker.clj): what goes
in must come out, once, and nothing else.
"""

from dataclasses import dataclass

from proving.faults.history import History
from proving.faults.promises import CHECKS
from proving.faults.violations import STRICT, Allowed, Violation


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a history holds. `recovered` was handled although nobody had acknowledged it."""

    said: int = 0
    acknowledged: int = 0
    handled: int = 0
    recovered: int = 0
    parked: int = 0
    replies: int = 0
    taken: int = 0
    resent: int = 0


def count(history: History) -> Counts:
    """The sums of a history."""
    acked = {said.sid for said in history.said if said.acked_at is not None}
    handled = {turn.sid for turn in history.turns if turn.status == "handled"}
    return Counts(
        said=len(history.said),
        acknowledged=len(acked),
        handled=len(handled),
        recovered=len(handled - acked),
        parked=sum(turn.status == "parked" for turn in history.turns),
        replies=len(history.replies),
        taken=len(history.sent_messages),
        resent=sum(reply.resends for reply in history.replies),
    )


def check(history: History, allowed: Allowed = STRICT) -> list[Violation]:
    """Every violation, the first of each kind with its events."""
    return [violation for one in CHECKS for violation in one(history, allowed)]
