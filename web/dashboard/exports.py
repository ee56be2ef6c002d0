"""Exports: what a page's filter shows, as one file. The files are made in web/exports.py."""

import uuid
from typing import cast

from flask import Blueprint, Response, abort, request

from pipeline.errors import NotFound
from pipeline.messages import storable
from pipeline.queries import conversations as insight
from web import exports as files
from web.dashboard.access import needs, person
from web.dashboard.filters import Filters
from web.dashboard.reader import ask

exports = Blueprint("exports", __name__)

_LONGEST_WORDS = 200


@exports.get("/conversations/export.<kind>")
@needs("viewer")
def conversations(kind: str) -> Response:
    """The conversations that the filters of the address find."""
    return _file(files.conversations(Filters.asked().wanted(person().email)), kind)


@exports.get("/contacts/export.<kind>")
@needs("viewer")
def contacts(kind: str) -> Response:
    """The contacts that the search finds."""
    words = storable(request.args.get("q", ""))[:_LONGEST_WORDS].strip()
    return _file(files.contacts(words), kind)


@exports.get("/conversations/<uuid:conversation_id>/messages.<kind>")
@needs("viewer")
def messages(conversation_id: uuid.UUID, kind: str) -> Response:
    """Everything that was said in a conversation."""
    if ask(insight.one, conversation_id) is None:
        raise NotFound("There is no such conversation.")
    return _file(files.messages(conversation_id), kind)


def _file(export: files.Export, kind: str) -> Response:
    if kind not in files.FORMATS:
        abort(404)
    return files.file(export, cast("files.Format", kind), actor=person().email)
