"""The clock's own clock: a wall clock that jumps must not stop the sweeps.

Celery's scheduler asks the wall clock whether something is due, so one that is set back by an hour
would keep it silent for that hour. Next: workers/sweep.py.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from celery.beat import ScheduleEntry, Scheduler

_STARTED_AT = datetime.now(UTC)
_STARTED = time.monotonic()


def steady_now() -> datetime:
    """The time at which this process started, carried on by the monotonic clock."""
    return _STARTED_AT + timedelta(seconds=time.monotonic() - _STARTED)


class SteadyEntry(ScheduleEntry):
    """One periodic ring that is due by the steady clock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schedule.nowfun = steady_now

    def default_now(self) -> datetime:
        """The moment of a run, for Celery."""
        return steady_now()


class SteadyScheduler(Scheduler):
    """Celery's scheduler in memory, with such entries: `beat_scheduler` in celeryconfig.py."""

    Entry = SteadyEntry
