"""/failures: turns that were given up and messages that did not arrive; run or send them again."""

import uuid
from typing import Any

from apiflask import APIBlueprint
from sqlalchemy import Row

from pipeline import override
from pipeline.providers.base import Provider
from pipeline.queries import failures as queries
from web.api import contacts, shapes, views
from web.api.cursors import page
from web.api.overrides import sent
from web.auth import actor, at_least, bearer
from web.services import here

failures = APIBlueprint("failures_api", __name__, tag="Failures")


@failures.get("/failures/turns")
@failures.auth_required(bearer, roles=at_least("viewer"))
@failures.input(shapes.BySerial, location="query", arg_name="query")
@failures.output(shapes.FailedTurnPage)
def list_failed_turns(query: dict[str, Any]) -> dict[str, Any]:
    """List parked turns

    Those that failed every time, in the order they came.
    """
    limit = query["limit"]
    with here().runtime.database.read() as connection:
        rows = queries.turns(connection, query.get("cursor", 0), limit + 1)
    return page(rows, limit, shown=_turn, place=lambda row: (row.id,))


@failures.post("/failures/turns/rerun")
@failures.auth_required(bearer, roles=at_least("operator"))
@failures.input(shapes.Lane, location="query", arg_name="query")
@failures.output(shapes.Taken)
@failures.doc(responses={404: "There is no such contact"})
def rerun_turns(query: dict[str, Any]) -> dict[str, Any]:
    """Run parked turns again

    All of them, or those of one contact, each contact's in order.
    """
    site, lane = here(), ""
    if "contact_id" in query:
        with site.runtime.database.read() as connection:
            lane = contacts.existing(connection, query["contact_id"]).key
    taken = override.rerun_all(site.runtime, actor=actor(), lane=lane)
    site.notify("converse")
    return {"turns": taken}


@failures.post("/failures/turns/<int:turn_id>/rerun")
@failures.auth_required(bearer, roles=at_least("operator"))
@failures.output({}, status_code=204)
@failures.doc(responses={409: "It is not parked any more"})
def rerun_turn(turn_id: int) -> tuple[str, int]:
    """Run a parked turn again

    With all its attempts, ahead of what the contact wrote later and has no answer to yet.
    """
    site = here()
    override.rerun(site.runtime, turn_id, actor=actor())
    site.notify("converse")
    return "", 204


@failures.post("/failures/turns/<int:turn_id>/skip")
@failures.auth_required(bearer, roles=at_least("operator"))
@failures.output({}, status_code=204)
@failures.doc(responses={409: "It is not parked any more"})
def skip_turn(turn_id: int) -> tuple[str, int]:
    """Skip a parked turn

    What the contact wrote stays in the conversation.
    """
    override.skip(here().runtime, turn_id, actor=actor())
    return "", 204


@failures.get("/failures/messages")
@failures.auth_required(bearer, roles=at_least("viewer"))
@failures.input(shapes.BySerialMoment, location="query", arg_name="query")
@failures.output(shapes.FailedMessagePage)
def list_failed_messages(query: dict[str, Any]) -> dict[str, Any]:
    """List failed messages

    The latest first, until they are sent again or dismissed.
    """
    runtime, limit = here().runtime, query["limit"]
    with runtime.database.read() as connection:
        rows = queries.messages(connection, query.get("cursor"), limit + 1)
    return page(
        rows,
        limit,
        shown=lambda row: _message(row, runtime.provider),
        place=lambda row: (row.failed_at, row.id),
    )


@failures.post("/messages/<uuid:message_id>/retry")
@failures.auth_required(bearer, roles=at_least("operator"))
@failures.input(shapes.Retry, arg_name="retry")
@failures.output(shapes.Message, status_code=201)
@failures.doc(responses={200: "The message that was queued instead already", 409: "Refused"})
def retry_message(message_id: uuid.UUID, retry: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Send a failed message again

    As a new message, with the same words or others.
    """
    site = here()
    queued = override.retry(site.runtime, message_id, actor=actor(), body=retry.get("body"))
    site.notify("dispatch")
    return sent(queued)


@failures.post("/messages/<uuid:message_id>/dismiss")
@failures.auth_required(bearer, roles=at_least("operator"))
@failures.output({}, status_code=204)
@failures.doc(responses={409: "It is not a message that we sent"})
def dismiss_message(message_id: uuid.UUID) -> tuple[str, int]:
    """Dismiss a failed message

    It leaves the list of failures and stays in the conversation.
    """
    override.dismiss(here().runtime, message_id, actor=actor())
    return "", 204


def _turn(row: Row[Any]) -> dict[str, Any]:
    message = row.payload.get("message")
    text = message.get("text") if isinstance(message, dict) else None
    return {
        **row._asdict(),
        "name": row.name or "",
        "text": text if isinstance(text, str) else "",
        "parked_at": row.handled_at,
    }


def _message(row: Row[Any], provider: Provider) -> dict[str, Any]:
    why = override.why_not_again(row, provider)
    return {**views.message(row), "why_not_again": why or None}
