"""What failed, turns and messages, in JSON."""

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Date, DateTime, Integer, String

from web.api.shapes.base import Answer, TextOrNull, page_of
from web.api.shapes.messages import Message


class FailedTurn(Answer):
    id = Integer()
    status = String(
        attribute="outcome",
        metadata={"description": "failing: it is tried again. parked: it is not, by itself."},
    )
    kind = String(metadata={"description": "message, rerun, consent, timer or enter."})
    contact_id = UUID(allow_none=True)
    phone = String(allow_none=True)
    name = String()
    text = String(metadata={"description": "The contact's message, if any."})
    error = String(metadata={"description": "The exception, with its traceback."})
    attempts = Integer()
    next_attempt_at = DateTime(
        allow_none=True,
        metadata={"description": "Null for a parked turn, and while an attempt is running."},
    )
    conversation_id = UUID(allow_none=True)
    received_at = DateTime()
    parked_at = DateTime(allow_none=True)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Read the text from the payload; a contact may not be known yet."""
        if attr == "text":
            return _text(obj.payload)
        value = super().get_attribute(obj, attr, default)
        return value or "" if attr == "name" else value


def _text(payload: Any) -> str:
    message = payload.get("message")
    text = message.get("text") if isinstance(message, dict) else None
    return text if isinstance(text, str) else ""


class FailedMessage(Message):
    failed_at = DateTime()
    why_not_again = TextOrNull(
        metadata={"description": "Why it cannot be sent again unchanged; null if it can."},
    )
    why_not_edited = TextOrNull(
        metadata={"description": "Why it cannot be sent again with another text; null if it can."},
    )

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Read the reasons from the assessment, everything else from the message."""
        failed, again = obj
        if attr == "why_not_again":
            return again.unchanged
        if attr == "why_not_edited":
            return again.edited
        return super().get_attribute(failed, attr, default)


class RefusedWebhooks(Answer):
    id = String(metadata={"description": "As in the log, e.g. acme-signature-2026-11-28."})
    provider = String()
    reason = String(metadata={"description": "One word, e.g. signature, sender or too_large."})
    day = Date()
    number = Integer()
    advice = String(metadata={"description": "What it means, and what to do."})


RefusedWebhooksPage = page_of(RefusedWebhooks)
FailedTurnPage = page_of(FailedTurn)
FailedMessagePage = page_of(FailedMessage)


class Lane(Schema):
    contact_id = UUID(metadata={"description": "Only turns of this contact."})


class Rerun(Answer):
    turns = Integer(metadata={"description": "The number of turns run again."})
