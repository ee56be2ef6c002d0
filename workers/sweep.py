"""The clock queue: what runs every few seconds. When is in celeryconfig.py."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipeline import sweep
from workers.app import app, current

log = structlog.get_logger(__name__)


def _unless_database_is_away(job: Callable[[], object]) -> None:
    try:
        job()
    except SQLAlchemyError as error:
        log.warning("sweep stopped by the database", error=type(error).__name__)


@app.task(name="sweep.wake")
def wake() -> None:
    """Ring for work that was left behind."""
    parts = current()
    database = parts.runtime.database
    _unless_database_is_away(lambda: sweep.reconsider_receipts(database))
    _unless_database_is_away(lambda: sweep.wake_for_waiting_work(database, parts.notify))


@app.task(name="sweep.due_timers")
def due_timers() -> None:
    """Turn due timers into turns."""
    parts = current()

    def move() -> None:
        if sweep.move_due_timers(parts.runtime.database):
            parts.notify("converse")

    _unless_database_is_away(move)


@app.task(name="sweep.tidy")
def tidy() -> None:
    """Add up the counts."""
    database = current().runtime.database
    _unless_database_is_away(lambda: sweep.fold_tallies(database))


@app.task(name="sweep.floods")
def floods() -> None:
    """Park what one contact wrote beyond what may wait."""
    runtime = current().runtime
    most = runtime.settings.max_waiting_per_contact
    _unless_database_is_away(lambda: sweep.park_floods(runtime.database, most))


@app.task(name="sweep.pull")
def pull() -> None:
    """Fetch inbound messages that we missed."""
    parts = current()
    _unless_database_is_away(lambda: sweep.pull(parts.runtime, parts.notify))


@app.task(name="sweep.prune")
def prune() -> None:
    """Delete what is settled and old, and look whether the counts are right and who floods us."""
    runtime = current().runtime
    most = runtime.settings.max_waiting_per_contact
    keep = timedelta(days=runtime.settings.keep_handled_days)
    _unless_database_is_away(lambda: sweep.prune(runtime.database, keep))
    _unless_database_is_away(lambda: sweep.recount_states(runtime.database))
    _unless_database_is_away(lambda: sweep.park_floods(runtime.database, most, everywhere=True))
