"""How long after a contact's last message free-form messages may be sent to them.

Dispatch, the pages, the operator's verbs and the test kit ask these functions.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple


class Window(NamedTuple):
    """How long after the contact's last message free-form messages are accepted.

    `closed` tells an operator what to do instead.
    """

    length: timedelta
    closed: str

    def time_left(self, last_inbound_at: datetime | None, now: datetime) -> timedelta:
        """How long free-form messages are still accepted."""
        if last_inbound_at is None:
            return timedelta(0)
        return max(timedelta(0), last_inbound_at + self.length - now)

    def refusal(self, last_inbound_at: datetime | None, now: datetime) -> str:
        """Why a free-form message is not accepted now; "" if it is."""
        return "" if self.time_left(last_inbound_at, now) else self.closed


# The same whichever provider carries the messages:
# https://www.twilio.com/docs/whatsapp/key-concepts#the-24-hour-window
WINDOWS: Mapping[str, Window] = {
    "whatsapp": Window(
        timedelta(hours=24),
        "WhatsApp accepts free-form messages only within 24 hours of the contact's last message. "
        "Send an approved template instead.",
    )
}


def is_free_form(content: Mapping[str, Any]) -> bool:
    """Whether a message needs an open window; an approved template does not."""
    return "content_sid" not in content
