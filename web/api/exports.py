"""Exports: conversations, contacts and transcripts as one CSV or JSON file."""

import uuid
from typing import Any

from apiflask import APIBlueprint
from flask import Response

from web import exports as files
from web.api import conversations, filters, shapes
from web.auth import actor, at_least, bearer
from web.services import here

exports = APIBlueprint("exports_api", __name__, tag="Exports")

_FILE: dict[int | str, dict[str, str | dict[str, dict[str, Any]]]] = {
    200: {
        "description": "The file, streamed",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
        },
    }
}


@exports.get("/conversations/export")
@exports.auth_required(bearer, roles=at_least("viewer"))
@exports.input(shapes.ConversationExport, location="query", arg_name="query")
@exports.doc(responses=_FILE)
def export_conversations(query: dict[str, Any]) -> Response:
    """Export conversations

    All that match the filters of the list, the latest activity first.
    """
    export = files.conversations(filters.wanted(query))
    return files.file(export, query["format"], actor=actor())


@exports.get("/contacts/export")
@exports.auth_required(bearer, roles=at_least("viewer"))
@exports.input(shapes.ContactExport, location="query", arg_name="query")
@exports.doc(responses=_FILE)
def export_contacts(query: dict[str, Any]) -> Response:
    """Export contacts

    All that match `q`, the newest first.
    """
    return files.file(files.contacts(query["q"]), query["format"], actor=actor())


@exports.get("/conversations/<uuid:conversation_id>/messages/export")
@exports.auth_required(bearer, roles=at_least("viewer"))
@exports.input(shapes.ExportFormat, location="query", arg_name="query")
@exports.doc(responses=_FILE)
def export_messages(conversation_id: uuid.UUID, query: dict[str, Any]) -> Response:
    """Export a conversation's messages

    The oldest first.
    """
    with here().runtime.database.read() as connection:
        conversations.existing(connection, conversation_id)
    return files.file(files.messages(conversation_id), query["format"], actor=actor())
