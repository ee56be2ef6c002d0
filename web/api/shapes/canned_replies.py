"""Canned replies in JSON."""

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, DateTime, String
from apiflask.validators import Length
from marshmallow import ValidationError, validates_schema

from pipeline.jsons import JsonObject
from pipeline.override import LONGEST_BODY, LONGEST_TITLE
from web.api.shapes.base import Answer, page_of


class CannedReply(Answer):
    id = UUID()
    title = String()
    body = String()
    created_by = String()
    created_at = DateTime()


CannedReplyPage = page_of(CannedReply)


class NewCannedReply(Schema):
    title = String(required=True, validate=Length(1, LONGEST_TITLE))
    body = String(required=True, validate=Length(1, LONGEST_BODY))


class CannedReplyChange(Schema):
    title = String(validate=Length(1, LONGEST_TITLE))
    body = String(validate=Length(1, LONGEST_BODY))

    @validates_schema
    def _changes_something(self, data: JsonObject, **_: Any) -> None:
        if not data:
            raise ValidationError("Provide title, body or both.")
