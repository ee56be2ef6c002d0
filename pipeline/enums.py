"""The words that records are marked with, and the sets of them, each defined once.

They are stored as their values: sqlite3, psycopg and orjson take a StrEnum for its text.
"""

from collections.abc import Mapping
from enum import StrEnum


class Direction(StrEnum):
    """Who wrote: the contact (inbound) or Parley (outbound)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class MessageKind(StrEnum):
    """What a message carries."""

    TEXT = "text"
    # From contacts only.
    MEDIA = "media"
    TAP = "tap"
    LOCATION = "location"
    CONTACT_CARD = "contact_card"
    # From the bot and from operators only.
    IMAGE = "image"
    AUDIO = "audio"
    DOCUMENT = "document"
    BUTTONS = "buttons"
    MENU = "menu"
    LINK = "link"
    CAROUSEL = "carousel"
    TEMPLATE = "template"
    LOCATION_REQUEST = "location_request"


class Status(StrEnum):
    """How far a message has come."""

    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    SENT = "sent"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    DELIVERED = "delivered"
    READ = "read"

    @classmethod
    def of(cls, word: str) -> "Status | None":
        """The status that a provider's word means; None for a word that Parley does not know."""
        try:
            return cls(word)
        except ValueError:
            return None


# Sending goes on: the message is not with the provider yet, or nobody knows whether it is.
PENDING = frozenset({Status.QUEUED, Status.SENDING, Status.UNKNOWN})
# An operator is told of these: they are listed as undelivered messages.
FAILED = frozenset({Status.FAILED, Status.UNDELIVERED, Status.EXPIRED})
# These did not arrive. The contact opted out of those that are suppressed, so nobody is told.
NOT_DELIVERED = FAILED | {Status.SUPPRESSED}

# How far along an outbound message is; a status never goes to a lower rank (promise P7).
# https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
STATUS_RANK: Mapping[str, int] = {
    Status.QUEUED: 0,
    Status.SENDING: 1,
    Status.UNKNOWN: 2,
    Status.ACCEPTED: 10,
    Status.SCHEDULED: 10,
    Status.SENT: 30,
    Status.UNDELIVERED: 40,
    Status.FAILED: 40,
    Status.CANCELED: 40,
    Status.SUPPRESSED: 40,
    Status.EXPIRED: 40,
    Status.DELIVERED: 50,
    Status.READ: 60,
}


class Holder(StrEnum):
    """Who answers in a conversation."""

    BOT = "bot"
    OPERATOR = "operator"


class Consent(StrEnum):
    """What a contact wants who writes STOP, START or HELP."""

    STOP = "stop"
    START = "start"
    HELP = "help"


class EntryKind(StrEnum):
    """What an inbox entry is.

    A message that is `late` is logged without a turn; one to `rerun` is in the log already.
    """

    MESSAGE = "message"
    LATE = "late"
    RERUN = "rerun"
    CONSENT = "consent"
    TIMER = "timer"
    ENTER = "enter"


class EntryStatus(StrEnum):
    """What became of an inbox entry; only one that is waiting gets a turn."""

    WAITING = "waiting"
    HANDLED = "handled"
    PARKED = "parked"
    IGNORED = "ignored"


class Cause(StrEnum):
    """What made a transition."""

    BOT = "bot"
    OPERATOR = "operator"
    TIMER = "timer"
    IMPORT = "import"


class TimerKind(StrEnum):
    """What a timer does. RELEASE ends a timed take-over; the others belong to the state."""

    TIMEOUT = "timeout"
    NUDGE = "nudge"
    REMINDER = "reminder"
    RELEASE = "release"
