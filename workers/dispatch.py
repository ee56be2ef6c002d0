"""The dispatch queue: on a wake-up, merge status callbacks and send until nothing is due."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from workers.app import app, current

log = structlog.get_logger(__name__)


@app.task(name="dispatch.messages")
def messages() -> None:
    """Merge the status callbacks and drain the outbound lanes."""
    try:
        current().dispatch().drain()
    except SQLAlchemyError as error:
        # Nothing is lost: leases expire and the clock wakes the worker again.
        log.warning("dispatch stopped by the database", error=type(error).__name__)
