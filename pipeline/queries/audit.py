"""The audit log as a page reads it: the newest first, by who did what and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.records.accounts.audit import AuditEntry, AuditRow
from pipeline.records.base import columns, fetch


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; `since` is included, `until` is not."""

    actor: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


def listing(
    connection: Connection, criteria: AuditFilter, before: int | None, limit: int
) -> Sequence[AuditRow]:
    """The entries that match, older than the one with the number `before`."""
    query = select(*columns(AuditEntry, AuditRow)).order_by(AuditEntry.id.desc()).limit(limit)
    if criteria.actor:
        query = query.where(AuditEntry.actor == criteria.actor)
    if criteria.action:
        query = query.where(AuditEntry.action == criteria.action)
    if criteria.since:
        query = query.where(AuditEntry.created_at >= criteria.since)
    if criteria.until:
        query = query.where(AuditEntry.created_at < criteria.until)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return fetch(connection, query, AuditRow._make)


def actions(connection: Connection) -> list[str]:
    """Every kind of action there is."""
    query = select(AuditEntry.action).distinct().order_by(AuditEntry.action)
    return list(connection.execute(query).scalars())
