"""Formats values for pages: times, numbers, states, delivery status; all escaped."""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from apiflask import APIFlask
from markupsafe import Markup

from pipeline.botkit import Bot
from pipeline.conversation.consent import EVERYWHERE
from pipeline.enums import ARRIVED, NOT_DELIVERED, Status
from pipeline.jsons import to_json

# The number of colors for states in parley.css; the first three are the template bot's.
_TINTS = 6
_MARKS: Mapping[Status, str] = {
    Status.QUEUED: "queued",
    Status.SENDING: "sending",
    Status.UNKNOWN: "outcome unknown, checking",
    Status.ACCEPTED: "accepted by the provider",
    Status.SCHEDULED: "scheduled",
    Status.SENT: "sent",
    Status.DELIVERED: "delivered",
    Status.READ: "read",
    Status.FAILED: "not sent",
    Status.UNDELIVERED: "not delivered",
    Status.EXPIRED: "not sent",
    Status.SUPPRESSED: "not sent",
    Status.CANCELED: "canceled",
}
_CHANNELS = {"sms": "SMS", "whatsapp": "WhatsApp", "rcs": "RCS", "messenger": "Messenger"}
# "See https://…" at the end of an error's text, or before its code.
_PAGE = re.compile(r"See (https://[\w./-]*\w)(?=\.?(?: \(\w+\))?\.?$)")
_KINDS = {
    "media": "Photo or file",
    "image": "Photo",
    "document": "Document",
    "audio": "Voice message",
    "location": "Location",
    "contact_card": "Contact card",
    "tap": "Tap",
    "interactive": "Form answers",
    "unsupported": "Unsupported message",
}


def install(app: APIFlask, bot: Bot) -> None:
    """Add the filters to the templates."""
    app.jinja_env.globals.update(not_sent=NOT_DELIVERED, new_key=lambda: uuid.uuid4().hex)
    app.jinja_env.filters.update(
        ago=ago,
        bot_error=bot_error,
        channel=channel,
        clock=clock,
        day=day,
        documented=documented,
        gist=gist,
        is_web=is_web,
        last_mark=last_mark,
        mark=mark,
        opted_out=opted_out,
        number=lambda number: f"{number:,}",
        phone=phone,
        plainly=plainly,
        span=span,
        tail=tail,
        tint=partial(tint, bot),
        who=who,
    )


def tint(bot: Bot, state: str) -> str:
    """The CSS class that colors a state; "unknown" for one that the bot lacks."""
    known = bot.definition.known(state)
    return f"tint-{list(bot.states).index(known.name) % _TINTS}" if known else "unknown"


def ago(moment: datetime | None) -> Markup:
    """How long ago; live.js keeps it current."""
    return _time(moment, "ago", _ago(moment, datetime.now(UTC)) if moment else "")


def clock(moment: datetime | None) -> Markup:
    """The time of day; live.js converts UTC to the viewer's time zone."""
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
    """The name of a channel, as "SMS"."""
    return _CHANNELS.get(name, name)


def phone(number: str | None) -> str:
    """A phone number in groups, as +1 415-555-0132; any other text is unchanged."""
    written = number or ""
    try:
        parsed = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        return written
    grouped = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    # Some plans drop a digit that the number came with, as Mexico's 1.
    return grouped if _digits(grouped) == _digits(written) else written


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def opted_out(scope: str) -> str:
    """Where an opt-out counts, as "SMS from +1 415-555-0100"."""
    if scope == EVERYWHERE:
        return "all numbers"
    on, _, number = scope.partition(" ")
    return f"{channel(on)} from {phone(number)}"


def who(row: Any) -> str:
    """The title of a contact: phone number, else name, else provider ID."""
    return phone(row.phone) if row.phone else str(row.name or row.key)


def tail(row: Any) -> str:
    """The two characters of a contact's badge."""
    return str(row.phone or row.key)[-2:]


def mark(message: Any) -> str:
    """The delivery status of an outbound message, with the reason if it failed."""
    text = _MARKS.get(message.status) or str(message.status)
    if message.status in ARRIVED:
        return text
    if message.error:
        text += f": {message.error.splitlines()[0][:300]}"
    if message.error_code:
        text += f" ({message.error_code})"
    return text


def bot_error(turn: Any) -> str:
    """Why a turn failed, without its traceback, as a sentence."""
    said = str(turn.error).partition("\n\n")[0].strip()
    said = said or "The worker process ended during this turn."
    return said if said[-1] in ".!?…" else f"{said}."


def documented(text: str) -> Markup:
    """The text, with a link where it ends with the page that explains an error."""
    found = _PAGE.search(text)
    if found is None:
        return Markup("{}").format(text)
    begin, end = found.span(1)
    return Markup(
        '{}<a href="{}" rel="noreferrer noopener" target="_blank" hx-boost="false">{}</a>{}'
    ).format(text[:begin], found[1], found[1], text[end:])


def last_mark(row: Any) -> str:
    """The delivery status of the last message of a listed conversation."""
    last = SimpleNamespace(
        status=row.last_status, error=row.last_error, error_code=row.last_error_code
    )
    return mark(last)


def is_web(url: str | None) -> bool:
    """Whether a link from outside may be opened: http and https only."""
    return bool(url) and urlsplit(url or "").scheme in {"http", "https"}


def plainly(value: Any) -> str:
    """A value of a bot's data as text: JSON unless it is a string."""
    return value if isinstance(value, str) else to_json(value)


def gist(kind: str, body: str | None) -> str:
    """One line that summarizes a message in a list."""
    if body and body.strip():
        return " ".join(body[:300].split())
    return _KINDS.get(kind, kind.replace("_", " ").capitalize())
