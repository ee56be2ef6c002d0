"""What failed, turns and messages, in JSON."""

from apiflask import Schema
from apiflask.fields import UUID, DateTime, Integer, String

from web.api.shapes.base import Shown, page_of
from web.api.shapes.messages import Message


class FailedTurn(Shown):
    id = Integer()
    kind = String(metadata={"description": "message, rerun, consent, timer or enter."})
    contact_id = UUID(allow_none=True)
    phone = String(allow_none=True)
    name = String()
    text = String(metadata={"description": "What the contact wrote, if it was a message."})
    error = String(metadata={"description": "What was raised, with its traceback."})
    attempts = Integer()
    received_at = DateTime()
    parked_at = DateTime(allow_none=True)


class FailedMessage(Message):
    failed_at = DateTime()
    why_not_again = String(
        allow_none=True,
        metadata={"description": "Why sending it once more would fail again; null if it may help."},
    )


FailedTurnPage = page_of(FailedTurn)
FailedMessagePage = page_of(FailedMessage)


class Lane(Schema):
    contact_id = UUID(metadata={"description": "Only the turns of this contact."})


class Taken(Shown):
    turns = Integer(metadata={"description": "How many are run again."})
