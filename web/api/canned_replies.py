"""/canned-replies: texts that operators send often."""

import uuid
from typing import Any

from apiflask import APIBlueprint
from sqlalchemy import Row

from pipeline import override
from pipeline.errors import NotFound
from pipeline.records.accounts import canned_replies as records
from web.api import shapes
from web.auth import actor, at_least, bearer
from web.services import here

canned_replies = APIBlueprint("canned_replies_api", __name__, tag="Canned replies")


@canned_replies.get("/canned-replies")
@canned_replies.auth_required(bearer, roles=at_least("viewer"))
@canned_replies.output(shapes.CannedReplyPage)
def list_canned_replies() -> dict[str, Any]:
    """List canned replies

    All of them, by title.
    """
    with here().runtime.database.read() as connection:
        return {"items": records.listing(connection), "next": None}


@canned_replies.post("/canned-replies")
@canned_replies.auth_required(bearer, roles=at_least("operator"))
@canned_replies.input(shapes.NewCannedReply, arg_name="reply")
@canned_replies.output(shapes.CannedReply, status_code=201)
@canned_replies.doc(responses={409: "The title is taken"})
def create_canned_reply(reply: dict[str, Any]) -> Row[Any]:
    """Add a canned reply"""
    return override.add_canned_reply(here().runtime, reply["title"], reply["body"], actor=actor())


@canned_replies.get("/canned-replies/<uuid:reply_id>")
@canned_replies.auth_required(bearer, roles=at_least("viewer"))
@canned_replies.output(shapes.CannedReply)
def get_canned_reply(reply_id: uuid.UUID) -> Row[Any]:
    """Get a canned reply"""
    with here().runtime.database.read() as connection:
        if row := records.by_id(connection, reply_id):
            return row
    raise NotFound("There is no such canned reply.")


@canned_replies.patch("/canned-replies/<uuid:reply_id>")
@canned_replies.auth_required(bearer, roles=at_least("operator"))
@canned_replies.input(shapes.CannedReplyChange, arg_name="change")
@canned_replies.output(shapes.CannedReply)
@canned_replies.doc(responses={409: "The title is taken"})
def change_canned_reply(reply_id: uuid.UUID, change: dict[str, Any]) -> Row[Any]:
    """Change a canned reply"""
    return override.change_canned_reply(here().runtime, reply_id, actor=actor(), **change)


@canned_replies.delete("/canned-replies/<uuid:reply_id>")
@canned_replies.auth_required(bearer, roles=at_least("operator"))
@canned_replies.output({}, status_code=204)
def delete_canned_reply(reply_id: uuid.UUID) -> tuple[str, int]:
    """Delete a canned reply"""
    override.delete_canned_reply(here().runtime, reply_id, actor=actor())
    return "", 204
