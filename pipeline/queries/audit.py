"""The audit log as a page reads it: the newest first, by who did what and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from pipeline.records.accounts.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries; `since` is included, `until` is not."""

    actor: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


def listing(
    connection: Connection, asked: Asked, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """The entries asked for, older than the one with the number `before`."""
    query = select(AuditEntry.__table__).order_by(AuditEntry.id.desc()).limit(limit)
    if asked.actor:
        query = query.where(AuditEntry.actor == asked.actor)
    if asked.action:
        query = query.where(AuditEntry.action == asked.action)
    if asked.since:
        query = query.where(AuditEntry.created_at >= asked.since)
    if asked.until:
        query = query.where(AuditEntry.created_at < asked.until)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return connection.execute(query).all()


def actions(connection: Connection) -> list[str]:
    """Every kind of action there is."""
    query = select(AuditEntry.action).distinct().order_by(AuditEntry.action)
    return list(connection.execute(query).scalars())
