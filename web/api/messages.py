"""A queued message as the API answers with it."""

from pipeline.override import Queued
from pipeline.queries import transcript
from web.services import here


def queued_message(queued: Queued) -> tuple[object, int]:
    """The message with 201 if it was queued now, or 200 if earlier under the same key."""
    with here().runtime.database.read() as connection:
        return transcript.one(connection, queued.message_id), 201 if queued.is_new else 200
