"""The enums of records, such as status and kind, and their sets, each defined once.

The database stores their values: sqlite3, psycopg and orjson accept a StrEnum as text.
"""

from collections.abc import Mapping
from enum import StrEnum


class Direction(StrEnum):
    """Whether the contact (inbound) or Parley (outbound) wrote a message."""

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
    REACTION = "reaction"
    STICKER = "sticker"
    # A form of the provider's that the contact filled in.
    INTERACTIVE = "interactive"
    ORDER = "order"
    # A place by its name or address, without coordinates.
    PLACE = "place"
    # The provider passes on that there is a message, but not what is in it.
    UNSUPPORTED = "unsupported"
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

    @classmethod
    def of(cls, word: str) -> str:
        """The kind of that name; a provider's word that Parley does not know stays as it is."""
        try:
            return cls(word)
        except ValueError:
            return word


class Status(StrEnum):
    """The delivery status of a message."""

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
    def of(cls, text: str) -> "Status | None":
        """The status that a provider reports; None for one that Parley does not know."""
        try:
            return cls(text)
        except ValueError:
            return None


# Still being sent: not with the provider yet, or with an unknown outcome.
PENDING = frozenset({Status.QUEUED, Status.SENDING, Status.UNKNOWN})
# Listed for operators as undelivered messages.
FAILED = frozenset({Status.FAILED, Status.UNDELIVERED, Status.EXPIRED})
# Not delivered. Suppressed ones are not listed, because the contact opted out.
NOT_DELIVERED = FAILED | {Status.SUPPRESSED}

# It has arrived, whatever was reported before.
ARRIVED = frozenset({Status.DELIVERED, Status.READ})

# The progress of an outbound message; a status never goes to a lower rank (promise P7).
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
    """The one who answers a conversation: the bot or an operator."""

    BOT = "bot"
    OPERATOR = "operator"


class Consent(StrEnum):
    """What a contact wants with STOP, START or HELP."""

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
    """The status of an inbox entry; only a waiting one gets a turn."""

    WAITING = "waiting"
    HANDLED = "handled"
    PARKED = "parked"
    IGNORED = "ignored"


class TurnStatus(StrEnum):
    """What becomes of a turn that failed: `failing` is tried again, `parked` is not by itself."""

    FAILING = "failing"
    PARKED = "parked"


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
