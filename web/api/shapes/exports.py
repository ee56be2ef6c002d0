"""What an export may be asked."""

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import OneOf

from web.api.shapes.contacts import ContactFilter
from web.api.shapes.conversations import ConversationFilter


class ExportFormat(Schema):
    kind = String(data_key="format", load_default="csv", validate=OneOf(["csv", "json"]))


class ConversationExport(ConversationFilter, ExportFormat):
    pass


class ContactExport(ContactFilter, ExportFormat):
    pass
