"""The history of a proof: what was said and acknowledged, handled, and handed to the provider.

It has three records: the phones (traffic.py), the database, and the fake provider. checker.py
compares them.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Connection, select

from pipeline.records.core.aliases import LaneAlias
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message
from proving.faults.fake_twilio import FakeTwilio
from proving.faults.turn_trace import TraceEvent


@dataclass(slots=True)
class Said:
    """One message of a contact, as the phones know it; moments are monotonic seconds.

    `acked_at` is None while nobody has answered 200. `answers` and `seconds` are of each try, 0 for
    a link that broke. `is_excused` frees it from the order of turns: a word like STOP is settled
    ahead of it, and a parked turn comes later.
    """

    sid: str
    contact: str
    text: str
    sent_at: float
    acked_at: float | None = None
    answers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    is_excused: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """An inbox entry for a message of a contact; `logged` are the positions it has in the log."""

    id: int
    sid: str
    contact: str
    kind: str
    status: str
    error: str
    logged: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """An outbound message as the database has it; `position` is its place in the log."""

    id: str
    contact: str
    turn_id: int | None
    ordinal: int | None
    position: int
    body: str
    author: str
    status: str
    error: str
    resends: int
    provider_id: str | None
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the provider made; `reply` is our id in its callback's URL."""

    reply: str
    sid: str
    contact: str
    body: str
    at: float


@dataclass(slots=True)
class History:
    """All of it. `delivered` are the callbacks that were answered with 2xx, by the message's sid.

    `heard` is what the counting bot's data says of each contact, {} with another bot. `statuses`
    are those that were seen of each reply, in order. `leaks` are lines of logs that hold what no
    log may, `asleep` the workers without a heartbeat. `joined` are contacts of several addresses.
    """

    said: list[Said]
    turns: list[Turn]
    replies: list[Reply]
    sent_messages: list[SentMessage]
    trace: list[TraceEvent] = field(default_factory=list)
    delivered: dict[str, list[str]] = field(default_factory=dict)
    heard: dict[str, list[str]] = field(default_factory=dict)
    statuses: dict[str, list[str]] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    joined: frozenset[str] = frozenset()
    asleep: list[str] = field(default_factory=list)


def turns_of(connection: Connection) -> list[Turn]:
    """Every message of a contact that has an inbox entry, in the order it came."""
    logged: dict[str, list[int]] = {}
    of_log = select(Message.id, Message.provider_id).where(Message.direction == "inbound")
    for row in connection.execute(of_log.order_by(Message.id)):
        logged.setdefault(row.provider_id, []).append(row.id)
    known = select(LaneAlias.key, LaneAlias.lane)
    lanes = {row.key: row.lane for row in connection.execute(known)}
    entries = select(Entry.__table__).where(Entry.provider != "parley").order_by(Entry.id)
    return [
        Turn(
            row.id,
            row.provider_id,
            lanes.get(row.lane, row.lane),
            row.kind,
            row.status,
            row.error,
            tuple(logged.get(row.provider_id, ())),
        )
        for row in connection.execute(entries)
    ]


def joined_of(connection: Connection) -> frozenset[str]:
    """The contacts who have several addresses."""
    return frozenset(connection.execute(select(LaneAlias.lane)).scalars())


def replies_of(connection: Connection) -> list[Reply]:
    """Every outbound message, in the order of the log."""
    query = (
        select(Message.__table__, Contact.key)
        .join(Contact, Contact.id == Message.contact_id)
        .where(Message.direction == "outbound")
        .order_by(Message.id)
    )
    return [
        Reply(
            str(row.public_id),
            row.key,
            row.turn_id,
            row.ordinal,
            row.id,
            row.body,
            row.author,
            row.status,
            row.error,
            row.resends,
            row.provider_id,
            row.error_code,
        )
        for row in connection.execute(query)
    ]


def texts_counted(connection: Connection) -> dict[str, list[str]]:
    """What the counting bot has in the data of each contact's conversations, oldest first."""
    query = (
        select(Contact.key, Conversation.data)
        .join_from(Conversation, Contact)
        .order_by(Conversation.opened_at)
    )
    heard: dict[str, list[str]] = {}
    for row in connection.execute(query):
        heard.setdefault(row.key, []).extend(row.data.get("heard", []))
    return heard


def sent_messages_of(fake: FakeTwilio) -> list[SentMessage]:
    """What the provider made, in the order it was asked."""
    return [
        SentMessage(
            _reply_id(create.status_callback), create.sid, create.to, create.body, create.at
        )
        for create in fake.creates
        if create.sid
    ]


def delivered_of(fake: FakeTwilio) -> dict[str, list[str]]:
    """The callbacks that somebody took, by the message's sid."""
    delivered: dict[str, list[str]] = {}
    for sent in list(fake.callbacks.sent):
        if any(200 <= answer < 300 for answer in sent.answers):
            delivered.setdefault(sent.provider_id, []).append(sent.status)
    return delivered


def _reply_id(callback_url: str) -> str:
    named = parse_qs(urlsplit(callback_url).query).get("m", [""])[0]
    try:
        return str(uuid.UUID(named))
    except ValueError:
        return ""


def about(history: History, sids: Collection[str]) -> list[str]:
    """What happened to these messages of contacts, for a person to read."""
    turn_ids = {turn.id for turn in history.turns if turn.sid in sids}
    replies = {reply.id for reply in history.replies if reply.turn_id in turn_ids}
    lines = [
        (said.sent_at, f"{said.contact} said {said.text!r}, answers {said.answers}")
        for said in history.said
        if said.sid in sids
    ]
    lines += [
        (event.at, f"{event.what} of {event.text!r} in process {event.process}")
        for event in history.trace
        if event.key.rpartition(":")[2] in sids
    ]
    lines += [
        (sent.at, f"the provider took {sent.body!r}")
        for sent in history.sent_messages
        if sent.reply in replies
    ]
    return [f"{at:12.3f}  {text}" for at, text in sorted(lines)]
