"""What every table shares: the declarative base and column types that are the same everywhere."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from pipeline.enums import (
    Cause,
    Direction,
    EntryKind,
    EntryStatus,
    Holder,
    MessageKind,
    Status,
    TimerKind,
)

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment; SQLite keeps it without its zone and this type puts it back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.replace(tzinfo=UTC)


E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class _Members(dict[Any, Any]):
    """The members of an enum by their values; what a newer release wrote stays a plain string."""

    def __missing__(self, value: Any) -> Any:
        return value


class EnumText(TypeDecorator[E]):
    """A short text that is read as the member of an enum and stored as its value."""

    impl = String(32)
    cache_ok = True

    def __init__(self, of: type[E]) -> None:
        super().__init__()
        self.of = of

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002 (of SQLAlchemy)
        """One look-up in C for each value read."""
        return _Members({member.value: member for member in self.of}).__getitem__


class Record(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 (read by SQLAlchemy as a plain class attribute)
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        uuid.UUID: Uuid(),
        str: Text(),
        Cause: EnumText(Cause),
        Direction: EnumText(Direction),
        EntryKind: EnumText(EntryKind),
        EntryStatus: EnumText(EntryStatus),
        Holder: EnumText(Holder),
        MessageKind: EnumText(MessageKind),
        Status: EnumText(Status),
        TimerKind: EnumText(TimerKind),
    }


# JSON, not JSONB: it keeps what a webhook said to the letter, "\u0000" included.
BigId = BigInteger().with_variant(Integer(), "sqlite")
SerialId = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]
ShortText = Annotated[str, mapped_column(String(32))]


def literally(word: str) -> ColumnElement[str]:
    """A constant written into the statement, because partial indexes do not match parameters."""
    return literal_column(f"'{word}'", Text)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over only those rows that match `where`, on both databases."""
    # As text, because a migration says the same to the letter.
    condition = text(where)
    return Index(name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition)


def short_repr(row: Any) -> str:
    """A row without what is in it, so that no log can hold a body or a full number."""
    return f"{type(row).__name__}({row.id})"


def columns(record: type[Record], row: Any) -> list[ColumnElement[Any]]:
    """The columns of a table that a NamedTuple of its rows names, in its order."""
    return [record.__table__.c[name] for name in row._fields]


def fetch(
    connection: Connection,
    query: Select[*tuple[Any, ...]],
    make: Callable[[Iterable[Any]], T],
    values: Mapping[str, Any] | None = None,
) -> list[T]:
    """What a query finds; `make` is the `_make` of the NamedTuple that its columns fill."""
    return [make(row) for row in connection.execute(query, values)]


def fetch_one(
    connection: Connection, query: Select[*tuple[Any, ...]], make: Callable[[Iterable[Any]], T]
) -> T | None:
    """The one row that a query finds, or None."""
    row = connection.execute(query).one_or_none()
    return None if row is None else make(row)


def count_up_to(connection: Connection, rows: Select[Any], most: int) -> int:
    """How many rows a query has; `most` may also mean more, and costs no more at any size."""
    some = rows.limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def among(connection: Connection, column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """`column IN values`.

    PostgreSQL gets one array parameter, so that the statement is the same for any number of values
    and is parsed and planned once.
    """
    if connection.dialect.name != "postgresql":
        return cast("ColumnElement[bool]", column.in_(values))
    array = bindparam(None, list(values), ARRAY(column.type), unique=True)
    return cast("ColumnElement[bool]", column == any_(array))


def any_of(dialect: str, column: Any, name: str) -> ColumnElement[bool]:
    """`among` for a statement that is built once: the values come as the parameter `name`."""
    if dialect != "postgresql":
        return cast("ColumnElement[bool]", column.in_(bindparam(name, expanding=True)))
    array = bindparam(name, type_=ARRAY(column.type))
    return cast("ColumnElement[bool]", column == any_(array))
