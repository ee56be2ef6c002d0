"""The phases of a bench: warm-up, steady rate, a rush of webhooks, a backlog, callbacks."""

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from pipeline.messages import Inbound
from pipeline.queries import queues
from pipeline.records.core import inbox
from pipeline.records.core.inbox import Entry
from pipeline.records.core.status_callbacks import StoredCallback
from proving.faults.fake_twilio import inbound_form
from proving.faults.fake_twilio.callbacks import status_form
from proving.faults.fake_twilio.messages import Create
from proving.faults.fake_twilio.webhooks import ACCOUNT, OUR_NUMBER
from proving.faults.stack import PUBLIC_URL
from proving.sizing.install import Install, Sample, Usage
from proving.sizing.load import CannotBench, Clients, Post, Responses, signed

_PATH = "/webhooks/twilio"
# One message in so many makes a new contact and conversation, unless there are more texts.
_MESSAGES_EACH = 4
_FIRST = 4
_WARM_UP = 200
# So much of one converse process may a slow bot take at the steady rate, ...
_QUIET_SHARE = 0.5
# ... and so long may all of them work on the rush and on the backlog, each.
_WORK_SECONDS = 12.0
_QUICK_SECONDS = 0.02
_MOST_CHILDREN = 16
_LIMIT_SECONDS = 120.0
_LOOK_SECONDS = 0.05
_ROWS = 500
STATUSES = ("sent", "delivered")
_MERGES = select(func.count()).where(StoredCallback.state == "waiting")
# Looked for among what waits only: those are few, and have an index.
_ERRORS = select(Entry.error).where(Entry.status.in_(("waiting", "parked")), Entry.error != "")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; see the options."""

    seconds: float
    rate: float
    messages: int
    latency_ms: float
    bot: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One message of a contact, with the provider's id."""

    phone: str
    text: str
    sid: str


@dataclass(frozen=True, slots=True)
class Phase:
    """One part: how many messages or callbacks, and what they cost until all was done.

    `posted` tells of its webhooks, `phones` whose they were, `creates` what the provider was given.
    """

    count: int
    usage: Usage
    responses: Responses
    phones: tuple[str, ...] = ()
    creates: Sequence[Create] = ()


class Phases:
    """The parts, to be called in order. A slow bot makes them smaller: see `rate`, `messages`."""

    def __init__(self, install: Install, request: Request) -> None:
        self._install = install
        self._wish = request
        self._line = Clients(urlsplit(install.stack.url).port or 0)
        self._numbers = itertools.count(2_000_000)
        self._ids = itertools.count(1)
        self._seconds = 0.0
        self.rate = request.rate
        self.messages = request.messages
        self.children = 1

    def warm_up(self) -> None:
        """Let everything be loaded and connected, and see how slow the bot is."""
        self._webhooks(_FIRST, self._wish.rate)
        before = self._install.sample()
        self._webhooks(_FIRST, self._wish.rate)
        self._seconds = self._install.since(before).bot.seconds / _FIRST
        if self._seconds > _QUICK_SECONDS:
            self.rate = min(self.rate, _QUIET_SHARE / self._seconds)
        else:
            self._webhooks(min(_WARM_UP, self.messages))

    def widen(self) -> None:
        """Let a bot that waits do so in several processes: thin traffic would cost each more."""
        if self._seconds > _QUICK_SECONDS:
            self.children = min(_MOST_CHILDREN, math.ceil(self._seconds / _QUICK_SECONDS))
            self._install.widen(self.children)
            most = int(_WORK_SECONDS / self._seconds * self.children)
            self.messages = min(self.messages, max(_FIRST, most))
            self._webhooks(self.children)

    def steady(self) -> Phase:
        """Messages at a steady rate, with room to spare."""
        return self._webhooks(max(_FIRST, math.ceil(self.rate * self._wish.seconds)), self.rate)

    def rush(self) -> Phase:
        """Send webhooks as fast as they are accepted, until all is sent."""
        return self._webhooks(self.messages)

    def backlog(self) -> Phase:
        """What waits in the inbox at once, until all is sent."""
        database = self._install.stack.database
        *said, last = self._script(self.messages)
        self._install.provider.forget()
        with database.write() as connection:
            now = database.now(connection)
            for first in range(0, len(said), _ROWS):
                entries = [_entry(one) | {"received_at": now} for one in said[first:][:_ROWS]]
                inbox.append(connection, entries)
        before = self._install.sample()
        # Its webhook sends a wake-up for all of them.
        return self._part([*said, last], before, self._line.at_once([_webhook(last)]))

    def callbacks(self, creates: Sequence[Create]) -> Phase:
        """Tell that these were sent and delivered, until all of that is merged."""
        posts = [
            _callback(create, status)
            for create in creates
            if create.sid and create.status_callback
            for status in STATUSES
        ]
        before = self._install.sample()
        responses = self._line.at_once(posts)
        self._drain()
        return Phase(len(posts), self._install.since(before), responses)

    def close(self) -> None:
        """End the threads of the phones."""
        self._line.close()

    def _webhooks(self, count: int, rate: float = 0.0) -> Phase:
        # At a rate a contact's next message must not come before the answer to the last.
        said = self._script(count, 1 if rate else _MESSAGES_EACH)
        posts = [_webhook(one) for one in said]
        self._install.provider.forget()
        before = self._install.sample()
        responses = self._line.at_rate(posts, rate) if rate else self._line.at_once(posts)
        return self._part(said, before, responses)

    def _part(self, said: Sequence[Text], before: Sample, responses: Responses) -> Phase:
        self._drain()
        usage = self._install.since(before)
        phones = tuple(one.phone for one in said)
        return Phase(len(said), usage, responses, phones, self._install.provider.creates())

    def _script(self, count: int, at_least: int = _MESSAGES_EACH) -> list[Text]:
        """So many messages of new contacts, each of whom says every text in order, and again."""
        texts = self._wish.texts
        each = len(texts) * math.ceil(at_least / len(texts))
        phones = [f"+1415{next(self._numbers)}" for _ in range(math.ceil(count / each))]
        return [
            Text(
                phones[number % len(phones)],
                texts[number // len(phones) % len(texts)],
                f"SM{next(self._ids):032x}",
            )
            for number in range(count)
        ]

    def _drain(self) -> None:
        """Wait until nothing waits. Raises CannotBench with the bot's error, or after too long."""
        deadline = time.monotonic() + _LIMIT_SECONDS
        while waiting := self._waiting():
            if error := self._error():
                raise CannotBench(f"The bot fails: {error}")
            if time.monotonic() > deadline:
                raise CannotBench(
                    f"After {_LIMIT_SECONDS:.0f} s {waiting} messages still wait; try fewer "
                    "--messages, or a lower --rate."
                )
            time.sleep(_LOOK_SECONDS)

    def _waiting(self) -> int:
        database = self._install.stack.database
        with database.read() as connection:
            now = database.now(connection)
            turns = queues.inbox(connection, now).count
            sends = sum(backlog.count for backlog in queues.outbox(connection, now).values())
            merges = connection.execute(_MERGES).scalar_one()
        return turns + sends + merges

    def _error(self) -> str:
        """The last line of an error of the bot, "" if there is none."""
        with self._install.stack.database.read() as connection:
            error = connection.execute(_ERRORS).scalar()
        return error.strip().rpartition("\n")[2] if error else ""


def _webhook(said: Text) -> Post:
    form = inbound_form(From=said.phone, Body=said.text, MessageSid=said.sid)
    return signed(PUBLIC_URL, _PATH, form)


def _callback(create: Create, status: str) -> Post:
    message = {"sid": create.sid, "to": create.to, "from": create.sender, "account_sid": ACCOUNT}
    path = create.status_callback.removeprefix(PUBLIC_URL).partition("#")[0]
    return signed(PUBLIC_URL, path, status_form(message, status))


def _entry(said: Text) -> dict[str, Any]:
    form = inbound_form(From=said.phone, Body=said.text, MessageSid=said.sid)
    message = Inbound(
        provider="twilio",
        account_id=ACCOUNT,
        provider_id=said.sid,
        channel="sms",
        contact_key=said.phone,
        phone=said.phone,
        recipient=OUR_NUMBER,
        text=said.text,
    )
    return inbox.entry(message, {name: [value] for name, value in form.items()})
