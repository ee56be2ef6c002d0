"""The converse queue: on a ring, take turns until none are due."""

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
        # Nothing is lost: leases run out and the clock rings again.
        log.warning("converse stopped by the database", error=type(error).__name__)
