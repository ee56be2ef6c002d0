"""Twilio's error codes: what each means for a message, and the sentence an operator reads.

codes.txt has them all. rest.py raises these errors; provider.py puts these sentences into status
callbacks.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, NamedTuple

from pipeline.errors import (
    ContactOptedOut,
    MessageRefused,
    NotSent,
    OutcomeUnknown,
    SenderBlocked,
    SendError,
)

Again = Literal["yes", "edited", "never"]


class Known(NamedTuple):
    """The error that a code is raised as, and the sentence that an operator reads.

    `again`: whether sending the message again may help. `wait_seconds` is the shortest wait after a
    NotSent; each of those also means that we were too fast.
    """

    error: type[SendError]
    again: Again
    reason: str
    wait_seconds: float = 0.0


_ERRORS: Mapping[str, type[SendError]] = {
    "later": NotSent,
    "unknown": OutcomeUnknown,
    "sender": SenderBlocked,
    "message": MessageRefused,
    "opt-out": ContactOptedOut,
}
_ALWAYS: Mapping[str, Again] = {"yes": "yes", "edited": "edited", "never": "never"}


def _codes() -> Iterator[tuple[str, Known]]:
    text = (files("pipeline.providers.twilio") / "codes.txt").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            code, outcome, again, reason = line.split("|")
            name, _, seconds = outcome.partition(":")
            yield code, Known(_ERRORS[name], _ALWAYS[again], reason, float(seconds or 0))


CODES: Mapping[str, Known] = MappingProxyType(dict(_codes()))
# A free-form message that came after the end of WhatsApp's window.
WINDOW_CODES = frozenset({"63016"})


def is_hopeless(code: str, *, is_changed: bool) -> bool:
    """Whether a message that failed with this code would fail again; `is_changed`: edited."""
    again = CODES[code].again if code in CODES else "yes"
    return again == "never" or (again == "edited" and not is_changed)


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
    return MessageRefused(_unknown(code or str(status), words), code=code)


def delivery_reason(code: str, message: str = "") -> str:
    """Why a message was not delivered, for an operator; `message` is Twilio's own wording."""
    if known := CODES.get(code):
        return known.reason
    words = _NUMBER.sub("…", message)
    return _unknown(code, words) if code else words


def _unknown(code: str, words: str) -> str:
    """The sentence for a code that Parley does not know, with the page that explains it."""
    page = f"https://www.twilio.com/docs/api/errors/{code}"
    what = f"Twilio error {code}, which Parley does not know"
    return f"{what}: {words.rstrip('.')}. See {page}" if words else f"{what}. See {page}"
