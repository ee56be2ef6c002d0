"""The inbox: raw accepted webhooks, due timers and enter turns, waiting for the bot.

Receive only appends. A repeated webhook is harmless because (provider, account, id) is unique.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Text,
    UniqueConstraint,
    Update,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, aliased, mapped_column

from pipeline.enums import EntryKind, EntryStatus
from pipeline.jsons import JsonObject
from pipeline.messages import Inbound
from pipeline.records import bulk
from pipeline.records.base import (
    Record,
    SerialId,
    ShortText,
    among,
    any_of,
    columns,
    fetch_one,
    literally,
    partial_index,
)
from pipeline.records.core.entries import EntryRow, Waiting, parse

# As text: SQLAlchemy writes "is_filed = 0" for SQLite, whose partial index says "NOT is_filed".
UNFILED = text("NOT inbox.is_filed")
# An entry that is on its way into the lane may come before one that is in it.
_FILED = text("inbox.is_filed")
_SETTLED = (EntryStatus.HANDLED, EntryStatus.IGNORED)
_READ_AT_ONCE = 10_000


class Entry(Record):
    """One thing to take a turn on.

    `is_filed` says that the entry is in its lane; before, `lane` is the key that it came with, and
    `names` are, line by line, all keys that its webhook gives the contact. `payload` holds the
    parsed message and the form as it came. `error` says why the last turn failed, or why there was
    none; "" before. `conversation_id` is the conversation that shows the failure; None before.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("provider_id", "provider", "account_id"),
        partial_index("ix_inbox_unfiled", "id", where="NOT is_filed"),
        partial_index("ix_inbox_waiting", "lane", "id", where="status = 'waiting'"),
        partial_index("ix_inbox_consent", "id", where="status = 'waiting' AND kind = 'consent'"),
        partial_index("ix_inbox_parked", "id", where="status = 'parked'"),
        partial_index("ix_inbox_failing", "id", where="status = 'waiting' AND attempts > 0"),
        partial_index("ix_inbox_shown", "conversation_id", where="conversation_id IS NOT NULL"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[SerialId]
    kind: Mapped[EntryKind]
    provider: Mapped[ShortText]
    account_id: Mapped[str]
    provider_id: Mapped[str]
    lane: Mapped[str]
    payload: Mapped[JsonObject]
    status: Mapped[EntryStatus] = mapped_column(default=EntryStatus.WAITING)
    is_filed: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    conversation_id: Mapped[uuid.UUID | None]
    names: Mapped[str | None]


IS_WAITING = Entry.status == literally(EntryStatus.WAITING)
IS_PARKED = Entry.status == literally(EntryStatus.PARKED)
# Tried in vain, and to be tried again.
IS_FAILING = IS_WAITING & (Entry.attempts > literal_column("0"))
HAS_FAILED_TURN = or_(IS_PARKED, IS_FAILING)
_IS_CONSENT = IS_WAITING & (Entry.kind == literally(EntryKind.CONSENT))
_ANY_CONSENT = select(Entry.id).where(_IS_CONSENT).limit(1)


def entry(message: Inbound, form: dict[str, list[str]]) -> JsonObject:
    """The values of an entry for an inbound message and the form it came in."""
    return {
        "kind": EntryKind.CONSENT if message.consent else EntryKind.MESSAGE,
        "provider": message.provider,
        "account_id": message.account_id,
        "provider_id": message.provider_id,
        "lane": message.contact_key,
        "payload": {"message": message.to_json(), "form": form},
        "names": "\n".join(message.names) or None,
        "is_filed": False,
    }


def append(connection: Connection, entries: Sequence[JsonObject]) -> None:
    """Add entries; one whose (provider, account, id) is there already changes nothing."""
    bulk.add(connection, Entry, entries, skip_known=True)


def waiting_of(connection: Connection, keys: Sequence[str], limit: int) -> list[Waiting]:
    """The oldest waiting entries of each lane, at most `limit` a lane, in lane and id order."""
    if connection.dialect.name != "postgresql":
        # SQLite has no LATERAL, and a statement costs it only microseconds.
        return [parse(row) for key in keys for row in connection.execute(_heads(key, limit))]
    return [parse(row) for row in connection.execute(_all_heads(limit), {"keys": list(keys)})]


@cache
def _all_heads(limit: int) -> Select[Any]:
    wanted = func.unnest(bindparam("keys", type_=ARRAY(Text))).table_valued("key").render_derived()
    heads = _heads(wanted.c.key, limit).lateral()
    return select(heads).select_from(wanted).join(heads, true())


def _heads(key: Any, limit: int) -> Select[Any]:
    return (
        select(Entry.__table__)
        .where(Entry.lane == key, IS_WAITING, _FILED)
        .order_by(Entry.id)
        .limit(limit)
    )


def settle(
    connection: Connection, entry_ids: Sequence[int], status: EntryStatus, now: datetime
) -> int:
    """Move waiting entries to a final status; returns how many of them still were waiting."""
    done = {"ids": list(entry_ids), "final": status, "now": now}
    return connection.execute(_settling(connection.dialect.name), done).rowcount


@cache
def _settling(dialect: str) -> Update:
    # Not the bare column: PostgreSQL would also read the whole index of waiting entries.
    is_waiting = Entry.status.concat("") == EntryStatus.WAITING
    return (
        update(Entry)
        .where(any_of(dialect, Entry.id, "ids"), is_waiting)
        .values(status=bindparam("final"), handled_at=bindparam("now"), is_filed=True)
    )


def by_id(connection: Connection, entry_id: int) -> EntryRow | None:
    """One entry."""
    query = select(*columns(Entry, EntryRow)).where(Entry.id == entry_id)
    return fetch_one(connection, query, EntryRow._make)


def next_consent(connection: Connection) -> Waiting | None:
    """Lock the oldest STOP, START or HELP that waits; a contact's next one waits for it."""
    earlier = aliased(Entry)
    is_behind = (
        select(earlier.id)
        .where(earlier.lane == Entry.lane, earlier.id < Entry.id)
        .where(earlier.status == literally(EntryStatus.WAITING))
        .where(earlier.kind == literally(EntryKind.CONSENT))
        .correlate(Entry)
        .exists()
    )
    query = select(Entry.__table__).where(_IS_CONSENT, ~is_behind).order_by(Entry.id).limit(1)
    row = connection.execute(query.with_for_update(skip_locked=True)).first()
    return None if row is None else parse(row)


def has_consents(connection: Connection) -> bool:
    """Whether a STOP, START or HELP waits."""
    return connection.execute(_ANY_CONSENT).first() is not None


def treat_as_message(connection: Connection, entry_id: int) -> None:
    """A consent word that means nothing now ("YES") is an ordinary message of its lane."""
    connection.execute(
        update(Entry).where(Entry.id == entry_id).values(kind=EntryKind.MESSAGE, is_filed=False)
    )


def internal(kind: EntryKind, name: str, lane: str, payload: JsonObject) -> JsonObject:
    """The values of an entry that Parley itself puts in: a due timer or an enter turn."""
    return {
        "kind": kind,
        "provider": "parley",
        "account_id": "",
        "provider_id": f"{kind}:{name}",
        "lane": lane,
        "payload": payload,
        "is_filed": False,
    }


def prune(connection: Connection, before: datetime, limit: int, after: int = 0) -> list[int]:
    """Delete up to `limit` settled entries that came after `after`; returns their ids."""
    ids: list[int] = []
    while True:
        window = (
            select(Entry.id, Entry.status, Entry.handled_at, Entry.received_at)
            .where(Entry.id > after)
            .order_by(Entry.id)
            .limit(_READ_AT_ONCE)
        )
        rows = connection.execute(window).all()
        ids += [row.id for row in rows if row.status in _SETTLED and row.handled_at < before]
        # They came in this order: behind new ones is nothing old, but behind re-run ones there is.
        has_more = len(rows) == _READ_AT_ONCE and any(row.received_at < before for row in rows)
        if len(ids) >= limit or not has_more:
            break
        after = rows[-1].id
    connection.execute(delete(Entry).where(among(connection, Entry.id, ids[:limit])))
    return ids[:limit]


def has_unfiled(connection: Connection) -> bool:
    """Whether an entry waits that no lane knows of."""
    return connection.execute(select(Entry.id).where(UNFILED).limit(1)).first() is not None


def known_ids(connection: Connection, provider_ids: Sequence[str]) -> set[str]:
    """Those of the provider's ids that have an entry."""
    query = select(Entry.provider_id).where(among(connection, Entry.provider_id, provider_ids))
    return set(connection.execute(query).scalars())
