"""Narrowing: the quick way to ask for what also stands in another table, rare or frequent.

PostgreSQL's planner does not know how rare a word or a failure is, and between walking the latest
conversations and looking all matches up first lies a factor of a thousand. So we look first
whether there are few.
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
