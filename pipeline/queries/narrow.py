"""Narrowing: a fast condition on rows of another table, whether matches are rare or frequent.

PostgreSQL's planner does not know how rare a search term or a failure is. Scanning the latest
conversations can be a thousand times slower or faster than looking up all matches first. So we
first check whether there are few matches.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, literal, select

from pipeline.records.base import among


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The condition; `is_frequent` where it is tried row by row."""

    condition: ColumnElement[bool]
    is_frequent: bool = False


def narrowed(
    connection: Connection,
    column: Any,
    matching: Select[Any],
    own: ColumnElement[bool],
    *,
    few: int,
) -> Narrowed:
    """`column IN matching`; `own` ties a row of `matching` to the row that `column` is of.

    Up to `few` are looked up first: the more, the dearer it is to try one row.
    """
    if connection.dialect.name == "sqlite":
        return Narrowed(column.in_(matching))
    # Materialised, so that the limit does not tempt the planner to read the table from its start.
    found = matching.cte("matching").prefix_with("MATERIALIZED")
    keys = connection.execute(select(found).limit(few + 1)).scalars().all()
    if len(keys) <= few:
        return Narrowed(among(connection, column, set(keys)))
    # A page is full soon. As a value, not EXISTS, which the planner would turn round.
    one = matching.with_only_columns(literal(1)).where(own).limit(1)
    return Narrowed(one.scalar_subquery().is_not(None), is_frequent=True)
