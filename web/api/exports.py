"""Exports: conversations, contacts and transcripts as one CSV or JSON file."""

import uuid

from flask import Response

from pipeline.jsons import JsonObject
from pipeline.queries.filter import ConversationFilter
from web import exports as files
from web.api import conversations, shapes
from web.api.noun import Noun
from web.auth import actor
from web.services import here

exports = Noun("exports", "Exports")

_FILE: dict[int | str, dict[str, str | dict[str, JsonObject]]] = {
    200: {
        "description": "The file, streamed",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
        },
    }
}


@exports.get("/conversations/export")
@exports.needs("viewer")
@exports.takes(shapes.ConversationExport, "query")
@exports.doc(responses=_FILE)
def export_conversations(criteria: ConversationFilter, kind: str) -> Response:
    """Export conversations

    All that match the filters of the list, the latest activity first.
    """
    return files.file(files.conversations(criteria), kind, actor=actor())


@exports.get("/contacts/export")
@exports.needs("viewer")
@exports.takes(shapes.ContactExport, "query")
@exports.doc(responses=_FILE)
def export_contacts(q: str, kind: str) -> Response:
    """Export contacts

    All that match `q`, the newest first.
    """
    return files.file(files.contacts(q), kind, actor=actor())


@exports.get("/conversations/<uuid:conversation_id>/messages/export")
@exports.needs("viewer")
@exports.takes(shapes.ExportFormat, "query")
@exports.doc(responses=_FILE)
def export_messages(conversation_id: uuid.UUID, kind: str) -> Response:
    """Export a conversation's messages

    The oldest first.
    """
    with here().runtime.database.read() as connection:
        conversations.existing(connection, conversation_id)
    return files.file(files.messages(conversation_id), kind, actor=actor())
