"""The filters of the list of conversations; they are in the address, so that it can be shared."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl, urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from pipeline.enums import Holder
from pipeline.messages import storable
from pipeline.queries.filter import ConversationFilter

_MOST_STATES = 50
_LONGEST_SEARCH = 200
_CHANNEL = re.compile(r"[a-z][a-z0-9+._-]{0,31}", re.ASCII)
_HOLDERS = {"bot": Holder.BOT, "operator": Holder.OPERATOR, "me": Holder.OPERATOR}


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters in an address. `since` and `until` are days, both included, in UTC."""

    q: str = ""
    states: tuple[str, ...] = ()
    channel: str = ""
    holder: str = ""
    unread: bool = False
    failed: bool = False
    since: date | None = None
    until: date | None = None

    @classmethod
    def asked(cls) -> "Filters":
        """The filters in the address of this request, without invalid ones."""
        return cls.of(request.args)

    @classmethod
    def of(cls, args: "MultiDict[str, str]") -> "Filters":
        """The filters in these parameters."""
        states = [storable(state) for state in args.getlist("state") if state]
        return cls(
            q=storable(args.get("q", ""))[:_LONGEST_SEARCH].strip(),
            states=tuple(dict.fromkeys(states))[:_MOST_STATES],
            channel=channel if _CHANNEL.fullmatch(channel := args.get("channel", "")) else "",
            holder=_one_of(args.get("holder", ""), ("bot", "operator", "me")),
            unread=args.get("unread") == "1",
            failed=args.get("failed") == "1",
            since=_day(args.get("since", "")),
            until=_day(args.get("until", "")),
        )

    def criteria(self, me: str) -> ConversationFilter:
        """The filter for the database; `me` is the user of "taken over by me"."""
        return ConversationFilter(
            words=self.q,
            states=self.states,
            channel=self.channel,
            holder=_HOLDERS.get(self.holder),
            held_by=me if self.holder == "me" else "",
            unread=self.unread,
            failed=self.failed,
            since=_midnight(self.since) if self.since else None,
            until=_end_of(self.until) if self.until else None,
        )

    @property
    def is_any(self) -> bool:
        """Whether any filter is set."""
        return self != Filters()

    def query(self, **changes: object) -> str:
        """The query string with some filters changed; "" if none is set."""
        given = {name: value for name, value in (self._given() | changes).items() if value}
        return urlencode(given, doseq=True)

    def fields(self, without: Collection[str] = ()) -> list[tuple[str, str]]:
        """The filters as hidden fields of a form that changes the others."""
        pairs = parse_qsl(self.query())
        return [(name, value) for name, value in pairs if name not in without]

    def _given(self) -> dict[str, object]:
        return {
            "q": self.q,
            "state": self.states,
            "channel": self.channel,
            "holder": self.holder,
            "unread": "1" if self.unread else "",
            "failed": "1" if self.failed else "",
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
        }

    def toggled(self, state: str) -> str:
        """The query with this state added, or taken away."""
        chosen = [name for name in self.states if name != state]
        return self.query(state=chosen if state in self.states else [*chosen, state])


def days(since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """The start of the first day and the end of the last; None for an invalid day."""
    first, last = _day(since), _day(until)
    return _midnight(first) if first else None, _end_of(last) if last else None


def _one_of(word: str, known: tuple[str, ...]) -> str:
    return word if word in known else ""


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Databases cannot store every year.
    return day if 1970 <= day.year <= 9000 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _end_of(day: date) -> datetime:
    return _midnight(day + timedelta(days=1))
