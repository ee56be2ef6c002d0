"""Joining: two keys turn out to be one person, so that their lanes and contacts become one.

What both wrote stays in the order it came; a turn that is running is discarded and run again. The
caller holds the lock of the aliases (filing.py). Locks are acquired in the usual order.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline import crash
from pipeline.conversation import rules
from pipeline.conversation.pending import Pending
from pipeline.conversation.values import Contact, Conversation, Origin, Transition
from pipeline.crash import Point
from pipeline.enums import Cause, Direction
from pipeline.records.accounts import audit
from pipeline.records.core import (
    addresses,
    aliases,
    contacts,
    conversation_moves,
    conversations,
    lane_joining,
    leases,
    messages,
    unfiled,
)
from pipeline.records.core.addresses import Seen
from pipeline.records.core.aliases import Alias
from pipeline.records.saving import save

PARLEY = "parley"
JOINED = "Two addresses turned out to be one contact. Their other conversation stays open."


@dataclass(frozen=True, slots=True)
class Joined:
    """What a contact got from another one; `closed` are conversations that had to end."""

    contact_id: uuid.UUID
    conversations: int
    messages: int
    closed: tuple[Conversation, ...]


def are_apart(known: Mapping[str, Alias], key: str, names: Sequence[str]) -> bool:
    """Whether some of these keys of one contact are not in one lane yet."""
    if key in known and known[key].is_pinned:
        return False
    return len({_lane(known, name) for name in _free(known, names)}) > 1


def _lane(known: Mapping[str, Alias], key: str) -> str:
    return known[key].lane if key in known else key


def _free(known: Mapping[str, Alias], names: Sequence[str]) -> list[str]:
    """Those that no operator has split off."""
    return [name for name in names if not (name in known and known[name].is_pinned)]


def identify(connection: Connection, key: str, names: Sequence[str], now: datetime) -> set[str]:
    """Put all these keys of one contact into one lane; returns the lanes whose leases ended.

    The lane is that of the contact who is known for longest, else that of the first name.
    """
    known = aliases.of(connection, {key, *names})
    if not are_apart(known, key, names):
        return set()
    free = _free(known, names)
    found = list(dict.fromkeys(_lane(known, name) for name in free))
    there = contacts.load_by_keys(connection, found)
    first = min(there.values(), key=lambda one: (one.created_at, one.id), default=None)
    into = first.key if first else found[0]
    active = lane_joining.existing(connection, found) | set(there)
    ended: set[str] = set()
    for lane in found:
        if lane != into and lane in active:
            join(connection, into, lane, now)
            ended |= {into, lane}
    aliases.put(connection, [name for name in free if name != into], into)
    if contact := contacts.load_by_keys(connection, [into]).get(into):
        _complete(connection, contact, free, now)
    return ended


def _complete(connection: Connection, contact: Contact, names: Sequence[str], at: datetime) -> None:
    """Note the number of a contact who was a user id only, and user ids that are new."""
    number = next((name for name in names if name.startswith("+")), None)
    if number and contact.phone is None:
        contacts.change(connection, contact.id, phone=number)
    parts = [name.partition(":") for name in names]
    ids = [(channel, name) for channel, colon, name in parts if colon]
    seen = [Seen(contact.id, contact.key, channel, name, at) for channel, name in ids]
    addresses.note(connection, seen)


def join(
    connection: Connection, into: str, other: str, now: datetime, actor: str = PARLEY
) -> Joined | None:
    """Move a lane, and its contact's conversations and messages, into another lane.

    The other contact, if there was one, is gone afterwards; an opt-out or a block of either stays.
    None unless both lanes had a contact.
    """
    leases.lock(connection, Direction.INBOUND, [into, other])
    unfiled.move(connection, other, into)
    aliases.move(connection, other, into)
    lane_joining.join_inbound(connection, into, other, now)
    known = contacts.load_by_keys(connection, [into, other])
    joined = None
    if len(known) == 2:
        joined = _join_contacts(connection, (known[into], known[other]), now, actor)
    else:
        lane_joining.join_outbound(connection, into, other, now)
        if other in known:
            contacts.change(connection, known[other].id, key=into)
    crash.point(Point.CONVERSE_JOINING)
    return joined


def _join_contacts(
    connection: Connection, who: tuple[Contact, Contact], now: datetime, actor: str
) -> Joined:
    mine, theirs = who
    moved, closed = _join_conversations(connection, who, now, actor)
    lane_joining.join_outbound(connection, mine.key, theirs.key, now)
    messages_moved = messages.move(connection, theirs.id, mine.id)
    addresses.move(connection, theirs.id, mine.id)
    contacts.absorb(connection, mine, theirs)
    numbers = {"conversations": moved, "messages": messages_moved}
    target, gone = str(mine.id), str(theirs.id)
    audit.append(connection, now, actor, "merge_contacts", target, other=gone, **numbers)
    return Joined(mine.id, moved, messages_moved, closed)


def conflicts(
    connection: Connection, contact_ids: tuple[uuid.UUID, uuid.UUID]
) -> list[tuple[Conversation, Conversation]]:
    """Open conversations of both on one channel and number: the one that stays, and the other."""
    ids = [row.id for row in conversations.open_of(connection, contact_ids)]
    found: dict[tuple[str, str], Conversation] = {}
    pairs = []
    for one in conversations.load_all(connection, ids).values():
        where = one.channel, one.our_number
        if other := found.get(where):
            latest = max(one, other, key=lambda c: (c.last_message_at, c.opened_at, c.id))
            pairs.append((latest, other if latest is one else one))
        else:
            found[where] = one
    return pairs


def _join_conversations(
    connection: Connection, who: tuple[Contact, Contact], now: datetime, actor: str
) -> tuple[int, tuple[Conversation, ...]]:
    """Give one contact the other's conversations; returns how many, and those that had to end."""
    mine, theirs = who
    conversations.lock(connection, conversation_moves.ids_of(connection, [mine.id, theirs.id]))
    origin = Origin(Cause.IMPORT if actor == PARLEY else Cause.OPERATOR, actor, now)
    closed = [other for _, other in conflicts(connection, (mine.id, theirs.id))]
    for one in closed:
        step = Transition(one.state, one.state, origin, one.data, one.data, "joined", JOINED)
        one.changes.transitions.append(step)
        rules.close(one, now)
    if closed:
        save(connection, [Pending(mine.key, conversations=closed)], now)
    return conversation_moves.move(connection, theirs.id, mine.id), tuple(closed)
