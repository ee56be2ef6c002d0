"""/canned-replies: saved texts that operators send often."""

import uuid

from pipeline.errors import NotFound
from pipeline.records.accounts import canned_replies as records
from web.actions import table
from web.api import shapes
from web.api.listing import Listing
from web.api.noun import Noun
from web.auth import actor
from web.services import here

canned_replies = Noun("canned_replies", "Canned replies")


@canned_replies.get("/canned-replies")
@canned_replies.needs("viewer")
@canned_replies.output(shapes.CannedReplyPage)
def list_canned_replies() -> object:
    """List canned replies

    All of them, by title.
    """
    with here().runtime.database.read() as connection:
        return Listing(records.listing(connection))


@canned_replies.post("/canned-replies")
@canned_replies.needs(table.ADD_CANNED_REPLY.role)
@canned_replies.takes(shapes.NewCannedReply)
@canned_replies.output(shapes.CannedReply, status_code=201)
@canned_replies.doc(responses={409: "Another reply has this title"})
def create_canned_reply(title: str, body: str) -> tuple[object, int]:
    """Add a canned reply"""
    return table.ADD_CANNED_REPLY(title, body, actor=actor()), 201


@canned_replies.get("/canned-replies/<uuid:reply_id>")
@canned_replies.needs("viewer")
@canned_replies.output(shapes.CannedReply)
def get_canned_reply(reply_id: uuid.UUID) -> tuple[object, int]:
    """Get a canned reply"""
    with here().runtime.database.read() as connection:
        if row := records.by_id(connection, reply_id):
            return row, 200
    raise NotFound("There is no such canned reply.")


@canned_replies.patch("/canned-replies/<uuid:reply_id>")
@canned_replies.needs(table.CHANGE_CANNED_REPLY.role)
@canned_replies.takes(shapes.CannedReplyChange)
@canned_replies.output(shapes.CannedReply)
@canned_replies.doc(responses={409: "Another reply has this title"})
def change_canned_reply(
    reply_id: uuid.UUID, title: str | None = None, body: str | None = None
) -> tuple[object, int]:
    """Change a canned reply"""
    return table.CHANGE_CANNED_REPLY(reply_id, actor=actor(), title=title, body=body), 200


@canned_replies.delete("/canned-replies/<uuid:reply_id>")
@canned_replies.needs(table.DELETE_CANNED_REPLY.role)
@canned_replies.output({}, status_code=204)
def delete_canned_reply(reply_id: uuid.UUID) -> tuple[str, int]:
    """Delete a canned reply"""
    table.DELETE_CANNED_REPLY(reply_id, actor=actor())
    return "", 204
