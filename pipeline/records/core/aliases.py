"""Lane aliases: keys whose entries belong into the lane of another key, the same contact's.

Most contacts have none. An entry gets its lane when it is filed (filing.py), one worker at a time:
no alias is added while another worker files.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    delete,
    func,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.records import bulk
from pipeline.records.base import Record, among

# Any number, but the same in every process.
_LOCK = literal(0x5041524C4559, BigInteger)
# "excluded" is the row that could not be inserted.
_REPLACED: bulk.Expressions = (
    ("lane", literal_column("excluded.lane")),
    ("is_pinned", literal_column("excluded.is_pinned")),
)


class LaneAlias(Record):
    """`key` stands for the contact whose key is `lane`.

    One that is pinned was split off by an operator: no rule joins it to another contact again.
    """

    __tablename__ = "lane_alias"

    key: Mapped[str] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(index=True)
    is_pinned: Mapped[bool] = mapped_column(default=False)


class Alias(NamedTuple):
    """Where the entries of a key belong."""

    lane: str
    is_pinned: bool


def lock(connection: Connection, *, wait: bool = True) -> bool:
    """Hold the aliases until the end of the transaction; False if another process does.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name != "postgresql":
        return True
    if wait:
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        return True
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(_LOCK))).scalar_one())


def of(connection: Connection, keys: Collection[str]) -> Mapping[str, Alias]:
    """The aliases that there are among `keys`."""
    query = select(LaneAlias.key, LaneAlias.lane, LaneAlias.is_pinned)
    rows = connection.execute(query.where(among(connection, LaneAlias.key, set(keys))))
    return {row.key: Alias(row.lane, row.is_pinned) for row in rows}


def lane_of(connection: Connection, key: str) -> str:
    """The lane of a key: its contact's key."""
    found = of(connection, [key]).get(key)
    return found.lane if found else key


def keys_of(connection: Connection, lane: str) -> list[str]:
    """The keys that stand for a lane, without its own."""
    return list(connection.execute(select(LaneAlias.key).where(LaneAlias.lane == lane)).scalars())


def put(connection: Connection, keys: Collection[str], lane: str, *, pinned: bool = False) -> None:
    """Let these keys stand for a lane, whatever they stood for before."""
    rows = [{"key": key, "lane": lane, "is_pinned": pinned} for key in sorted(keys)]
    if rows:
        bulk.add(connection, LaneAlias, rows, on_known=_REPLACED)


def move(connection: Connection, lane: str, into: str) -> None:
    """Let a lane, and every key that stands for it, stand for another lane."""
    moved = update(LaneAlias).where(LaneAlias.lane == lane)
    connection.execute(moved.values(lane=into, is_pinned=False))
    connection.execute(delete(LaneAlias).where(LaneAlias.key == into))
    put(connection, [lane], into)
