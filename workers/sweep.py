"""The clock queue: periodic tasks. celeryconfig.py has their schedule."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipeline import sweep
from workers.app import app, current

log = structlog.get_logger(__name__)


def _run(job: Callable[[], object]) -> None:
    try:
        job()
    except SQLAlchemyError as error:
        log.warning("sweep stopped by the database", error=type(error).__name__)


@app.task(name="sweep.wake")
def wake() -> None:
    """Wake workers for waiting work."""
    parts = current()
    database = parts.runtime.database
    _run(lambda: sweep.reconsider_callbacks(database))
    _run(lambda: sweep.wake_for_waiting_work(database, parts.notify))


@app.task(name="sweep.due_timers")
def due_timers() -> None:
    """Move due timers to the inbox."""
    parts = current()

    def move() -> None:
        if sweep.move_due_timers(parts.runtime.database):
            parts.notify("converse")

    _run(move)


@app.task(name="sweep.tidy")
def tidy() -> None:
    """Fold the counters."""
    database = current().runtime.database
    _run(lambda: sweep.fold_tallies(database))


@app.task(name="sweep.floods")
def floods() -> None:
    """Park messages of a contact beyond the limit of waiting ones."""
    runtime = current().runtime
    most = runtime.settings.max_waiting_per_contact
    _run(lambda: sweep.park_floods(runtime.database, most))


@app.task(name="sweep.pull")
def pull() -> None:
    """Fetch inbound messages that we missed from the provider."""
    parts = current()
    _run(lambda: sweep.pull(parts.runtime, parts.notify))


@app.task(name="sweep.prune")
def prune() -> None:
    """Delete old settled rows, correct the counters and park floods."""
    runtime = current().runtime
    most = runtime.settings.max_waiting_per_contact
    keep = timedelta(days=runtime.settings.keep_handled_days)
    _run(lambda: sweep.prune(runtime.database, keep))
    _run(lambda: sweep.recount_states(runtime.database))
    _run(lambda: sweep.park_floods(runtime.database, most, everywhere=True))
