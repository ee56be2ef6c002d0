"""Crash points: named places in the pipeline where a proof kills the process (`parley prove`).

Unarmed, a point is one call of a function that does nothing. `arm` reads the setting CRASH_AT: the
process that reaches the point for the k-th time kills itself as `kill -9` would, and leaves a mark
so that no other process dies there too.
"""

import os
import signal
from enum import StrEnum
from pathlib import Path


class Point(StrEnum):
    """Where a process can die; each has a scenario in proving/faults/scenarios."""

    RECEIVE_TAKEN = "receive.taken"
    RECEIVE_INSERTED = "receive.inserted"
    RECEIVE_COMMITTED = "receive.committed"
    RECEIVE_NOTIFIED = "receive.notified"
    CONVERSE_CLAIMING = "converse.claiming"
    CONVERSE_CLAIMED = "converse.claimed"
    CONVERSE_TURNED = "converse.turned"
    CONVERSE_RECORDING = "converse.recording"
    CONVERSE_RECORDED = "converse.recorded"
    CONVERSE_BLAMING = "converse.blaming"
    CONVERSE_JOINING = "converse.joining"
    CONVERSE_CONSENTING = "converse.consenting"
    CONVERSE_NOTIFIED = "converse.notified"
    DISPATCH_CLAIMING = "dispatch.claiming"
    DISPATCH_CLAIMED = "dispatch.claimed"
    DISPATCH_CALLED = "dispatch.called"
    DISPATCH_LOOKED_UP = "dispatch.looked_up"
    DISPATCH_RECORDING = "dispatch.recording"
    DISPATCH_RECORDED = "dispatch.recorded"
    DISPATCH_MERGING = "dispatch.merging"
    CLOCK_MOVING_TIMERS = "clock.moving_timers"
    CLOCK_MOVED_TIMERS = "clock.moved_timers"
    CLOCK_PULLING = "clock.pulling"
    CLOCK_PRUNING = "clock.pruning"
    CLOCK_FOLDING = "clock.folding"
    OVERRIDE_MOVING = "override.moving"
    OVERRIDE_TAKING_OVER = "override.taking_over"
    OVERRIDE_WRITING = "override.writing"
    OVERRIDE_RERUNNING = "override.rerunning"
    OVERRIDE_MERGING = "override.merging"
    OVERRIDE_SPLITTING = "override.splitting"


class _Trap:
    """Counts the visits of one point. It has no effect until it is armed."""

    def __init__(self, name: str, visits: int, mark: Path) -> None:
        self._point = Point(name)
        self._visits_left = visits
        self._mark = mark

    def visit(self, point: Point) -> None:
        if point is not self._point:
            return
        self._visits_left -= 1
        if self._visits_left <= 0 and self._is_first():
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_first(self) -> bool:
        try:
            self._mark.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


_traps: list[_Trap] = []


def arm(order: str) -> None:
    """Die at a point: `NAME VISITS MARK`, as in `converse.recorded 3 /tmp/mark`; "" disarms.

    Raises ValueError for a point that is not there.
    """
    _traps.clear()
    if order:
        name, visits, mark = order.split(" ", 2)
        _traps.append(_Trap(name, int(visits), Path(mark)))


def point(name: Point) -> None:
    """Die here, if a proof ordered it."""
    for trap in _traps:
        trap.visit(name)
