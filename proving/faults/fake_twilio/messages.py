"""The messages that the fake has, as Twilio's API tells them, and the history of create calls."""

import itertools
import os
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

Form = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Create:
    """One create call: when it came (monotonic seconds), what it asked, what it got.

    `sid` is "" when no message was made; `answer` is the status, or what happened instead.
    """

    at: float
    to: str
    sender: str
    body: str
    status_callback: str
    sid: str
    answer: str
    form: dict[str, str]


class Messages:
    """Every message, in the order of arrival; nothing is ever taken out but by `clear`."""

    def __init__(self) -> None:
        self.all: list[dict[str, Any]] = []
        self.creates: list[Create] = []
        self.media: dict[str, list[str]] = {}
        self._by_to: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._prefix = os.urandom(8).hex()
        self._count = itertools.count(1)

    def clear(self) -> None:
        """Forget everything."""
        self.all.clear()
        self.creates.clear()
        self.media.clear()
        self._by_to.clear()

    def add(self, account: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """A new message; `values` replace those of a text sent through the API."""
        sid = f"SM{self._prefix}{next(self._count):016x}"
        now = _rfc2822(datetime.now(UTC))
        message = {
            "body": "",
            "num_segments": "1",
            "direction": "outbound-api",
            "from": None,
            "date_updated": now,
            "price": None,
            "error_message": None,
            "uri": f"/2010-04-01/Accounts/{account}/Messages/{sid}.json",
            "account_sid": account,
            "num_media": "0",
            "to": "",
            "date_created": now,
            "status": "queued",
            "sid": sid,
            "date_sent": None,
            "messaging_service_sid": None,
            "error_code": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "subresource_uris": {},
        } | dict(values)
        self.all.append(message)
        self._by_to[message["to"]].append(message)
        return message

    def add_inbound(
        self,
        account: str,
        fields: Mapping[str, str],
        *,
        media: tuple[str, ...] = (),
        sent_at: datetime | None = None,
    ) -> dict[str, Any]:
        """A message that a contact sent (`From`, `To`, `Body`), as the list tells it later."""
        moment = _rfc2822(sent_at or datetime.now(UTC))
        values = {
            "from": fields["From"],
            "to": fields["To"],
            "body": fields.get("Body", ""),
            "direction": "inbound",
            "status": "received",
            "num_media": str(len(media)),
            "date_sent": moment,
            "date_created": moment,
        }
        if sid := fields.get("MessageSid"):
            values["sid"] = sid
        message = self.add(account, values)
        self.media[message["sid"]] = list(media)
        return message

    def page(self, path: str, query: str) -> dict[str, Any]:
        """One page of the list, newest first, with the filters that Twilio has."""
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        size, number = int(asked.get("PageSize", 50)), int(asked.get("Page", 0))
        pool = self._by_to.get(asked["To"], []) if "To" in asked else self.all
        start = number * size
        matching = (message for message in reversed(pool) if _matches(message, asked))
        found = list(itertools.islice(matching, start, start + size + 1))
        more = urlencode(asked | {"Page": str(number + 1)}) if len(found) > size else ""
        return {
            "messages": found[:size],
            "page": number,
            "page_size": size,
            "first_page_uri": path,
            "previous_page_uri": None,
            "next_page_uri": f"{path}?{more}" if more else None,
            "uri": path,
            "start": start,
            "end": start + len(found[:size]) - 1,
        }

    def media_page(self, path: str, sid: str) -> dict[str, Any]:
        """The media list of one message."""
        account = path.split("/")[3]
        items = [
            {
                "sid": f"ME{index:032x}",
                "account_sid": account,
                "parent_sid": sid,
                "content_type": content_type,
                "date_created": _rfc2822(datetime.now(UTC)),
                "date_updated": _rfc2822(datetime.now(UTC)),
                "uri": f"{path.removesuffix('.json')}/ME{index:032x}.json",
            }
            for index, content_type in enumerate(self.media.get(sid, []))
        ]
        return {"media_list": items, "next_page_uri": None, "page": 0, "page_size": 50, "uri": path}

    def record(self, form: Form, *, sid: str, answer: str) -> None:
        """Put one create call into the history."""
        flat = {name: values[0] for name, values in form.items()}
        self.creates.append(
            Create(
                at=time.monotonic(),
                to=flat.get("To", ""),
                sender=flat.get("From") or flat.get("MessagingServiceSid", ""),
                # Of a message that was just made: Twilio fills content in.
                body=str(self.all[-1]["body"]) if sid else flat.get("Body", ""),
                status_callback=flat.get("StatusCallback", ""),
                sid=sid,
                answer=answer,
                form=flat,
            )
        )


def _rfc2822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))


def _matches(message: dict[str, Any], asked: Mapping[str, str]) -> bool:
    if "From" in asked and message["from"] != asked["From"]:
        return False
    earliest = asked.get("DateSent>")
    if not earliest:
        return True
    sent = message["date_sent"]
    return bool(sent) and _iso(sent) >= earliest


def _iso(rfc2822: str) -> str:
    moment = datetime.strptime(rfc2822, "%a, %d %b %Y %H:%M:%S %z")
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
