"""The settings of a Bot, and what is wrong with those of an author."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, timedelta, tzinfo
from typing import Any, Generic, TypedDict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from typing_extensions import TypeVar

from pipeline.botkit.content.consent import Consent
from pipeline.botkit.data import Migrate
from pipeline.botkit.expected import DURATION, TEXT, Kind, display, problems
from pipeline.suggestions import did_you_mean

# What `turn.data` is; a plain Bot is a bot of any data.
Data = TypeVar("Data", default=Any)
_OPTIONAL = {"expires_after", "loop_guard", "migrate", "data"}
_SUCH_AS = " such as Europe/Berlin"
_KINDS = {
    "name": TEXT,
    "start": Kind("the name of a state", (str,)),
    "expires_after": DURATION,
    "choices_hint": TEXT,
    "consent": Kind("Consent(stop=…, start=…, help=…)", (Consent,)),
    "data": Kind("a pydantic model or a dataclass", (type,)),
}


class Settings(TypedDict, Generic[Data], total=False):
    """`expires_after`: a message that arrives later than this starts a new conversation.

    Without it, conversations continue however late the message. `choices_hint` is the line below a
    numbered list, "" for none. `data` is a pydantic model or dataclass for `turn.data`, and
    `migrate` converts a stored dict that does not fit it. `loop_guard` is a number of messages and
    a time: more messages in that time look like another bot, so the conversation is handed over;
    None disables it. `consent` are the replies to STOP, START and HELP where the provider sends
    none, and more words for them. `timezone` is that of `turn.now` and of the days that `Date()`
    reads, as an IANA name ("Europe/Berlin"); the default is UTC.
    """

    expires_after: timedelta | None
    choices_hint: str
    data: type[Data]
    migrate: Migrate
    loop_guard: tuple[int, timedelta] | None
    consent: Consent
    timezone: str


def mistakes(name: object, start: object, settings: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the settings of a bot."""
    if unknown := sorted(settings.keys() - Settings.__annotations__.keys()):
        known = ", ".join(sorted(Settings.__annotations__))
        like = did_you_mean(unknown[0], Settings.__annotations__)
        yield f"{unknown[0]}= is not a setting; the settings are {known}{like}"
    given = {"name": name, "start": start, **settings}
    given = {key: it for key, it in given.items() if it is not None or key not in _OPTIONAL}
    yield from problems(given, _KINDS)
    if isinstance(name, str) and not name.strip():
        yield "a bot needs a name"
    if "loop_guard" in given and not _is_guard(given["loop_guard"]):
        yield (
            f"loop_guard={display(given['loop_guard'])} must be a number of messages from 2 and a "
            "positive time, such as (30, timedelta(seconds=60))"
        )
    if "migrate" in given and not callable(given["migrate"]):
        yield f"migrate={display(given['migrate'])} must be a function of the stored dict"
    if "migrate" in settings and "data" not in settings:
        yield "migrate= needs data=, the model that it converts a stored dict to"
    if "timezone" in settings and zone_of(settings["timezone"]) is None:
        wrong = settings["timezone"]
        like = did_you_mean(wrong, available_timezones())
        yield f"timezone={wrong!r} is not an IANA time zone{like or _SUCH_AS}"


def _is_guard(guard: object) -> bool:
    if not isinstance(guard, tuple) or len(guard) != 2:
        return False
    most, within = guard
    is_count = isinstance(most, int) and not isinstance(most, bool) and most >= 2
    return is_count and isinstance(within, timedelta) and within > timedelta(0)


def zone_of(name: object) -> tzinfo | None:
    """The time zone of an IANA name, None if there is none; "UTC" needs no file."""
    if name == "UTC":
        return UTC
    with suppress(ValueError, OSError, ZoneInfoNotFoundError):
        return ZoneInfo(name) if isinstance(name, str) else None
    return None
