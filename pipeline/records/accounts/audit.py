"""The audit log of people's actions, append-only.

The only entries ever deleted are sign-in attempts, which are logged as failed until they succeed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, Index, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.jsons import JsonObject
from pipeline.records.base import Record, SerialId, ShortText


class AuditEntry(Record):
    """`actor` is an e-mail or `token:NAME`; `details` holds no message bodies or full numbers."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_action", "action", "target", "created_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[SerialId]
    created_at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[ShortText]
    target: Mapped[str]
    details: Mapped[JsonObject] = mapped_column(default=dict)


class AuditRow(NamedTuple):
    """An entry as it is read."""

    id: int
    created_at: datetime
    actor: str
    action: str
    target: str
    details: JsonObject


def append(
    connection: Connection, now: datetime, actor: str, action: str, target: str, **details: Any
) -> int:
    """Log one action; returns its serial number."""
    entry = insert(AuditEntry).values(
        created_at=now, actor=actor, action=action, target=target, details=details
    )
    return int(connection.execute(entry.returning(AuditEntry.id)).scalar_one())


def take_back(connection: Connection, entries: Sequence[int]) -> None:
    """Delete entries of attempts that turned out not to fail."""
    connection.execute(delete(AuditEntry).where(AuditEntry.id.in_(entries)))


def count_since(
    connection: Connection,
    action: str,
    target: str,
    since: datetime,
    details: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """How often this was done to this target since then, with these details."""
    query = select(func.count()).where(
        AuditEntry.action == action,
        AuditEntry.target == target,
        AuditEntry.created_at > since,
        *(AuditEntry.details[name].as_string() == value for name, value in details.items()),
    )
    return connection.execute(query).scalar_one()
