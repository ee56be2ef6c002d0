"""A Celery scheduler on a monotonic clock: a wall clock that jumps must not stop the sweeps.

Celery asks the wall clock whether an entry is due, so setting it back by an hour would silence the
schedule for that hour. What we would send upstream: docs/upstream/celery-beat.md.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from celery.beat import ScheduleEntry, Scheduler

_STARTED_AT = datetime.now(UTC)
_STARTED = time.monotonic()


def steady_now() -> datetime:
    """The time when this process started, plus what the monotonic clock has counted since."""
    return _STARTED_AT + timedelta(seconds=time.monotonic() - _STARTED)


class SteadyEntry(ScheduleEntry):
    """A periodic wake-up that is due by the steady clock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schedule.nowfun = steady_now

    def default_now(self) -> datetime:
        """The time of a run, for Celery."""
        return steady_now()


class SteadyScheduler(Scheduler):
    """Celery's in-memory scheduler with such entries: `beat_scheduler` in celeryconfig.py."""

    Entry = SteadyEntry
