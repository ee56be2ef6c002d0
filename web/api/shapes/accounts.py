"""Users and the audit log in JSON."""

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Dict, Integer, String
from apiflask.validators import Length, OneOf
from marshmallow import ValidationError, validates_schema

from pipeline.records.accounts.tokens import ROLES
from web.api.shapes.base import Answer, BySerial, Flag, moment, page_of


class User(Answer):
    id = UUID()
    email = String()
    role = String(validate=OneOf(ROLES))
    disabled = Boolean(attribute="is_disabled")
    created_at = DateTime()


class Invitation(Answer):
    email = String()
    url = String(metadata={"description": "Works once, for 24 hours; shown only here."})


class AuditEntry(Answer):
    id = Integer()
    created_at = DateTime()
    actor = String()
    action = String()
    target = String()
    details = Dict()


class NewUser(Schema):
    email = String(required=True, validate=Length(3, 320))
    role = String(required=True, validate=OneOf(ROLES))


class UserChange(Schema):
    role = String(validate=OneOf(ROLES))
    disabled = Flag()

    @validates_schema
    def _changes_something(self, data: dict[str, object], **_: object) -> None:
        if not data:
            raise ValidationError("Provide role, disabled or both.")


class AuditQuery(BySerial):
    actor = String(load_default="", validate=Length(max=320))
    action = String(load_default="", validate=Length(max=32))
    since = moment("This moment or later.")
    until = moment("Before this moment.")


UserPage = page_of(User)
AuditPage = page_of(AuditEntry)
