"""The audit log: who did what by hand, append-only."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.records.base import Record, SerialId, Word


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
    action: Mapped[Word]
    target: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


def append(
    connection: Connection, now: datetime, actor: str, action: str, target: str, **details: Any
) -> None:
    """Log one action."""
    connection.execute(
        insert(AuditEntry).values(
            created_at=now, actor=actor, action=action, target=target, details=details
        )
    )


def count_since(connection: Connection, action: str, target: str, since: datetime) -> int:
    """How often this was done to this target since then."""
    query = select(func.count()).where(
        AuditEntry.action == action, AuditEntry.target == target, AuditEntry.created_at > since
    )
    return connection.execute(query).scalar_one()
