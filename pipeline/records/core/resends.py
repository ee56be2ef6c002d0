"""Resends: which messages were sent again, and where the provider's window has closed."""

import uuid
from collections.abc import Collection, Sequence
from typing import Protocol

from sqlalchemy import Connection, func, select

from pipeline.enums import NOT_DELIVERED, Direction
from pipeline.records.base import among
from pipeline.records.core.messages import Message

# The idempotency key of a message that is sent again starts with it.
_RETRY = "retry:"


class Line(Protocol):
    """A contact, a channel and one of our numbers."""

    @property
    def contact_id(self) -> uuid.UUID: ...

    @property
    def channel(self) -> str: ...

    @property
    def our_number(self) -> str: ...


def key(public_id: uuid.UUID) -> str:
    """The idempotency key under which a message is sent again."""
    return f"{_RETRY}{public_id}"


def sent_again(connection: Connection, public_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of these messages that were sent again, each as another message."""
    keys = {key(public_id): public_id for public_id in public_ids}
    query = select(Message.idempotency_key).where(
        among(connection, Message.idempotency_key, list(keys))
    )
    return frozenset(keys[one] for one in connection.execute(query).scalars() if one in keys)


def was_refused_since_inbound(connection: Connection, where: Line, codes: Collection[str]) -> bool:
    """Whether a message since the contact's last one was refused with one of these codes."""
    if not codes:
        return False
    here = (
        Message.contact_id == where.contact_id,
        Message.channel == where.channel,
        Message.our_number == where.our_number,
    )
    heard = select(func.max(Message.id)).where(*here, Message.direction == Direction.INBOUND)
    refused = select(Message.id).where(
        *here,
        Message.id > func.coalesce(heard.scalar_subquery(), 0),
        Message.direction == Direction.OUTBOUND,
        among(connection, Message.error_code, codes),
        among(connection, Message.status, [str(status) for status in NOT_DELIVERED]),
    )
    return connection.execute(refused.limit(1)).first() is not None
