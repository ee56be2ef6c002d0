"""Twilio's error codes: what each means for a message, and the sentence an operator reads.

Each code is explained at https://www.twilio.com/docs/api/errors/CODE. rest.py raises these errors;
provider.py puts these sentences into status callbacks.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pipeline.errors import (
    ContactOptedOut,
    MessageRefused,
    NotSent,
    OutcomeUnknown,
    SenderBlocked,
    SendError,
)


class Known(NamedTuple):
    """The error that a code is raised as, and the sentence that an operator reads.

    `wait_seconds` is the shortest wait after a NotSent; each of those also means that we were too
    fast.
    """

    error: type[SendError]
    reason: str
    wait_seconds: float = 0.0


CODES: Mapping[str, Known] = {
    # Not processed: try again, more slowly.
    "20429": Known(NotSent, "Twilio had too many requests from this account at once", 1),
    "21611": Known(NotSent, "This number's queue at Twilio is full", 30),
    "14107": Known(NotSent, "Twilio saw too many replies between two numbers: a loop?", 30),
    "63018": Known(NotSent, "This WhatsApp sender is over its rate limit", 5),
    # Our account or number: the sender stops until an operator fixes it.
    "20003": Known(SenderBlocked, "Twilio does not accept the account SID and auth token"),
    "20404": Known(SenderBlocked, "Twilio does not know this account; check TWILIO_ACCOUNT_SID"),
    "21212": Known(SenderBlocked, "Our sender is not a valid number"),
    "21408": Known(SenderBlocked, "Sending to this country is switched off in the Twilio console"),
    "21606": Known(SenderBlocked, "Our sender cannot send messages to this destination"),
    "21659": Known(SenderBlocked, "Our sender is not a Twilio number"),
    "21660": Known(SenderBlocked, "Our sender belongs to another Twilio account"),
    "21661": Known(SenderBlocked, "Our sender cannot send SMS"),
    "21703": Known(SenderBlocked, "The Messaging Service has no phone number"),
    "21705": Known(SenderBlocked, "The Messaging Service does not exist or is switched off"),
    "30002": Known(SenderBlocked, "The Twilio account is suspended"),
    "30034": Known(SenderBlocked, "Our number is not registered for US messaging (A2P 10DLC)"),
    "63001": Known(SenderBlocked, "The channel did not accept our credentials"),
    "63007": Known(SenderBlocked, "Twilio has no such WhatsApp sender for us"),
    "63020": Known(SenderBlocked, "Meta has not accepted the business; see its WhatsApp Manager"),
    # The contact's number.
    "21211": Known(MessageRefused, "The contact's number is not valid"),
    "21265": Known(MessageRefused, "The contact is a short code and cannot receive messages"),
    "21266": Known(MessageRefused, "The contact's number is our own sender"),
    "21604": Known(MessageRefused, "The contact's number is missing"),
    "21612": Known(MessageRefused, "There is no route from our sender to the contact's number"),
    "21614": Known(MessageRefused, "The contact's number cannot receive SMS"),
    "21635": Known(MessageRefused, "The contact's number is a landline"),
    "30005": Known(MessageRefused, "The contact's number does not exist or is out of service"),
    "30006": Known(MessageRefused, "A landline, or a carrier that cannot be reached"),
    "63003": Known(MessageRefused, "The channel does not know the contact's address"),
    "63024": Known(MessageRefused, "The contact cannot receive messages on this channel"),
    # What the message says.
    "21602": Known(MessageRefused, "The message has no text and no media"),
    "21617": Known(MessageRefused, "The text is longer than 1600 characters"),
    "21619": Known(MessageRefused, "The message has neither text, nor media, nor a template"),
    "21620": Known(MessageRefused, "A media address is not a valid URL"),
    "21623": Known(MessageRefused, "The message has more media files than allowed"),
    "21655": Known(MessageRefused, "The template does not exist in this Twilio account"),
    "21656": Known(MessageRefused, "A variable of the template is empty or not written correctly"),
    "21658": Known(MessageRefused, "A variable of the template is longer than 1600 characters"),
    "30004": Known(MessageRefused, "The contact's phone or carrier blocks the message"),
    "30007": Known(MessageRefused, "A carrier or Twilio filtered the message as unwanted"),
    "30010": Known(MessageRefused, "The message costs more than the set limit"),
    "30019": Known(MessageRefused, "The media is larger than the carrier accepts"),
    "63013": Known(MessageRefused, "The channel refused the message: it breaks its policy"),
    "63021": Known(MessageRefused, "The channel refused the content of the message"),
    # What the contact allows.
    "21610": Known(ContactOptedOut, "The contact opted out of messages from this sender (STOP)"),
    "63032": Known(ContactOptedOut, "WhatsApp does not let us message this contact"),
    "63033": Known(ContactOptedOut, "The contact blocks our messages"),
    "63015": Known(MessageRefused, "The contact has not joined the WhatsApp sandbox"),
    "63016": Known(
        MessageRefused,
        "More than 24 hours since the contact's last WhatsApp message: only a template may go out",
    ),
    "63049": Known(MessageRefused, "Meta chose not to deliver this marketing message"),
    # Reported later: it was sent and not delivered.
    "30001": Known(NotSent, "The message waited too long in Twilio's queue", 30),
    "30003": Known(MessageRefused, "Phone off or unreachable"),
    "30008": Known(MessageRefused, "The carrier gave no reason"),
    "30017": Known(MessageRefused, "The carrier's network was congested"),
    "30022": Known(MessageRefused, "Over the US carriers' rate limit for our campaign"),
    "30023": Known(MessageRefused, "Over the US carriers' daily limit for our brand"),
    "30410": Known(OutcomeUnknown, "The carrier did not answer in time; it may have arrived"),
    "30500": Known(MessageRefused, "Twilio had an internal error"),
    "63012": Known(MessageRefused, "The channel had an internal error"),
    "63017": Known(MessageRefused, "The channel did not answer in time"),
}


# The contact's number or the channel refuses every message.
_HOPELESS = frozenset(
    {
        *("21211", "21265", "21266", "21604", "21612", "21614", "21635", "30005", "30006"),
        *("63003", "63024"),
    }
)
# The text or the media of the message is refused.
_HOPELESS_UNCHANGED = frozenset(
    {
        *("21602", "21617", "21619", "21620", "21623", "30007", "30019", "63013", "63021"),
        "63049",
    }
)


def is_hopeless(code: str, *, is_changed: bool) -> bool:
    """Whether a message that failed with this code would fail again; `is_changed`: edited."""
    return code in _HOPELESS or (code in _HOPELESS_UNCHANGED and not is_changed)


def is_opt_out(code: str) -> bool:
    """Whether this code means that the contact opted out of messages from this sender."""
    return code in CODES and CODES[code].error is ContactOptedOut


# Twilio's own wording may hold a full number, which no log should.
_NUMBER = re.compile(r"\d{5,}(?=\d{2})")


def send_error(status: int, code: str, message: str = "", *, retry_after: float = 0.0) -> SendError:
    """What an HTTP answer of 300 or more means for the message that was to be sent."""
    if status >= 500 or status == 408:
        # Twilio may have created the message before it failed.
        return OutcomeUnknown(f"Twilio answered {status}", code=code)
    known = CODES.get(code)
    if status == 429 or (known and known.error is NotSent):
        wait = max(retry_after, known.wait_seconds if known else 1.0)
        reason = known.reason if known else "Twilio asked us to slow down"
        return NotSent(reason, code=code, retry_after=wait, slow_down=True)
    if known:
        return known.error(known.reason, code=code)
    words = _NUMBER.sub("…", message) or "no reason given"
    if status < 400:
        return SenderBlocked(f"Redirected ({status}); check TWILIO_API_BASE_URL", code=code)
    if status in {401, 403, 404}:
        return SenderBlocked(f"Twilio answered {status}: {words}", code=code)
    return MessageRefused(f"Twilio error {code or status}: {words}", code=code)


def delivery_reason(code: str, message: str = "") -> str:
    """Why a message was not delivered, for an operator; `message` is Twilio's own wording."""
    if known := CODES.get(code):
        return known.reason
    return _NUMBER.sub("…", message) or (f"Twilio error {code}" if code else "")
