"""How values look on pages: moments, numbers, states, delivery marks; all escaped."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import phonenumbers
from apiflask import APIFlask
from markupsafe import Markup

from pipeline.botkit import Bot
from pipeline.enums import NOT_DELIVERED, Status
from pipeline.jsons import to_json

# So many colours tell states apart; the first three are the template's.
_TINTS = 6
_MARKS: Mapping[Status, str] = {
    Status.QUEUED: "waiting to be sent",
    Status.SENDING: "being sent",
    Status.UNKNOWN: "outcome unknown, being looked up",
    Status.ACCEPTED: "handed over",
    Status.SCHEDULED: "scheduled",
    Status.SENT: "sent",
    Status.DELIVERED: "delivered",
    Status.READ: "read",
    Status.FAILED: "not sent",
    Status.UNDELIVERED: "not delivered",
    Status.EXPIRED: "not sent",
    Status.SUPPRESSED: "not sent",
    Status.CANCELED: "cancelled",
}
_CHANNELS = {"sms": "SMS", "whatsapp": "WhatsApp"}
_KINDS = {
    "media": "Photo or file",
    "image": "Photo",
    "document": "Document",
    "audio": "Voice message",
    "location": "Location",
    "contact_card": "Contact card",
    "tap": "Tap",
}


def install(app: APIFlask, bot: Bot) -> None:
    """Give the templates their filters."""
    app.jinja_env.globals.update(not_sent=NOT_DELIVERED, new_key=lambda: uuid.uuid4().hex)
    app.jinja_env.filters.update(
        ago=ago,
        channel=channel,
        clock=clock,
        day=day,
        gist=gist,
        last_mark=last_mark,
        mark=mark,
        number=lambda number: f"{number:,}",
        phone=phone,
        plainly=plainly,
        span=span,
        tail=tail,
        tint=partial(tint, bot),
        who=who,
    )


def tint(bot: Bot, state: str) -> str:
    """The class that colours a state; one that the bot lacks is marked."""
    known = bot.definition.known(state)
    return f"tint-{list(bot.states).index(known.name) % _TINTS}" if known else "unknown"


def ago(moment: datetime | None) -> Markup:
    """How long ago, as live.js keeps it current."""
    return _time(moment, "ago", _ago(moment, datetime.now(UTC)) if moment else "")


def clock(moment: datetime | None) -> Markup:
    """The time of day; live.js turns UTC into the reader's zone."""
    return _time(moment, "clock", f"{moment:%H:%M:%S}" if moment else "")


def day(moment: datetime | None) -> Markup:
    """The date."""
    return _time(moment, "day", f"{moment.day} {moment:%b %Y}" if moment else "")


def _time(moment: datetime | None, style: str, text: str) -> Markup:
    if moment is None:
        return Markup("never")
    stamp = moment.isoformat(timespec="seconds")
    return Markup('<time datetime="{}" data-as="{}" title="{}">{}</time>').format(
        stamp, style, f"{moment:%Y-%m-%d %H:%M:%S} UTC", text
    )


def _ago(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min"
    if seconds < 24 * 3600:
        return f"{seconds // 3600:.0f} h"
    if seconds < 7 * 24 * 3600:
        return f"{seconds // (24 * 3600):.0f} d"
    return f"{moment.day} {moment:%b}" + (f" {moment:%Y}" if moment.year != now.year else "")


def span(length: timedelta | None) -> str:
    """A length of time in its largest unit, as "21 h"."""
    if length is None:
        return ""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def channel(name: str) -> str:
    """A channel as people write it."""
    return _CHANNELS.get(name, name)


def phone(number: str | None) -> str:
    """A number in groups, as +1 415-555-0132; whatever is no number stays as it is."""
    try:
        parsed = phonenumbers.parse(number or "")
    except phonenumbers.NumberParseException:
        return number or ""
    style = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def who(row: Any) -> str:
    """What a contact is called first: the number, else the name, else the provider's id."""
    return phone(row.phone) if row.phone else str(row.name or row.key)


def tail(row: Any) -> str:
    """Two characters for a contact's badge."""
    return str(row.phone or row.key)[-2:]


def mark(message: Any) -> str:
    """How far an outbound message is, in words, with the reason where it failed."""
    words = _MARKS.get(message.status) or str(message.status)
    if message.error:
        words += f": {message.error.splitlines()[0][:200]}"
    if message.error_code:
        words += f" ({message.error_code})"
    return words


def last_mark(row: Any) -> str:
    """The mark of the last message of a conversation in the list."""
    last = SimpleNamespace(
        status=row.last_status, error=row.last_error, error_code=row.last_error_code
    )
    return mark(last)


def plainly(value: Any) -> str:
    """A value of a bot's data as a person would write it."""
    return value if isinstance(value, str) else to_json(value)


def gist(kind: str, body: str | None) -> str:
    """One line that stands for a message in a list."""
    if body and body.strip():
        return " ".join(body[:300].split())
    return _KINDS.get(kind, kind.replace("_", " ").capitalize())
