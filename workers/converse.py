"""The converse queue: on a wake-up, run turns until none are due."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from workers.app import app, current

log = structlog.get_logger(__name__)


@app.task(name="converse.turns")
def turns() -> None:
    """Drain the inbound lanes."""
    try:
        current().converse().drain()
    except SQLAlchemyError as error:
        # Nothing is lost: leases expire and the clock wakes the worker again.
        log.warning("converse stopped by the database", error=type(error).__name__)
