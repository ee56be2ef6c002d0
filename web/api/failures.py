"""/failures: failed turns and undelivered messages; run or send them again."""

import uuid

from pipeline.queries import failures as queries
from pipeline.queries import refused_webhooks, resending
from web.actions import table
from web.api import contacts, shapes
from web.api.actions import add_routes
from web.api.cursors import MomentAndSerial
from web.api.listing import one_page
from web.api.messages import queued_message
from web.api.noun import Noun
from web.auth import actor
from web.services import here

failures = Noun("failures", "Failures")


@failures.get("/failures/turns")
@failures.needs("viewer")
@failures.takes(shapes.BySerial, "query")
@failures.output(shapes.FailedTurnPage)
def list_failed_turns(limit: int, cursor: int = 0) -> object:
    """List failed turns

    Those that are tried again (`failing`) and those that failed every time (`parked`), in the
    order they came.
    """
    with here().runtime.database.read() as connection:
        rows = queries.turns(connection, cursor, limit + 1)
    return one_page(rows, limit, lambda row: (row.id,))


@failures.post("/failures/turns/rerun")
@failures.needs(table.RERUN_ALL.role)
@failures.takes(shapes.Lane, "query")
@failures.output(shapes.Rerun)
@failures.doc(responses={404: "There is no such contact"})
def rerun_turns(contact_id: uuid.UUID | None = None) -> object:
    """Run parked turns again

    All of them, or those of one contact, each contact's in order.
    """
    lane = ""
    if contact_id:
        with here().runtime.database.read() as connection:
            lane = contacts.existing(connection, contact_id).key
    return {"turns": table.RERUN_ALL(actor=actor(), lane=lane)}


@failures.get("/failures/webhooks")
@failures.needs("viewer")
@failures.output(shapes.RefusedWebhooksPage)
def list_refused_webhooks() -> dict[str, object]:
    """List refused webhooks

    Counted by provider, reason and day (UTC), for the last seven days, the latest day first.
    """
    database = here().runtime.database
    with database.read() as connection:
        found = refused_webhooks.refused(connection, database.now(connection))
    return {"items": found, "next": None}


@failures.get("/failures/messages")
@failures.needs("viewer")
@failures.takes(shapes.BySerialMoment, "query")
@failures.output(shapes.FailedMessagePage)
def list_failed_messages(limit: int, cursor: MomentAndSerial | None = None) -> object:
    """List failed messages

    The latest first, until they are sent again or dismissed.
    """
    runtime = here().runtime
    with runtime.database.read() as connection:
        rows = queries.messages(connection, cursor, limit + 1)
        now = runtime.database.now(connection)
        found = resending.assess(connection, rows, runtime.provider, now)
    pairs = list(zip(rows, found, strict=True))
    return one_page(pairs, limit, lambda pair: (pair[0].failed_at, pair[0].id))


@failures.post("/messages/<uuid:message_id>/retry")
@failures.needs(table.RETRY.role)
@failures.takes(shapes.Retry)
@failures.output(shapes.Message, status_code=201)
@failures.doc(responses={200: "The message already queued in its place", 409: "Refused"})
def retry_message(message_id: uuid.UUID, body: str | None = None) -> tuple[object, int]:
    """Send a failed message again

    As a new message, with the same text or another.
    """
    return queued_message(table.RETRY(message_id, actor=actor(), body=body))


add_routes(failures, "turn", "/failures/turns/<int:turn_id>")
add_routes(failures, "message", "/messages/<uuid:message_id>")
