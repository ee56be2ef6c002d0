"""Tallies: open conversations by state, contacts, and refused webhooks.

Each change appends a difference, so that no two writers wait for the same row; the clock folds the
differences together. A count is the sum of its rows.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, delete, distinct, func, select
from sqlalchemy.orm import Mapped

from pipeline.records import bulk
from pipeline.records.base import Record, SerialId, ShortText, among

STATE = "state"
CONTACTS = "contacts"
# By "provider reason day".
REFUSED = "refused"


def refusal(provider: str, reason: str, day: date) -> str:
    """The word under which webhooks are counted that were refused on this day (UTC)."""
    return f"{provider} {reason} {day:%Y-%m-%d}"


class Tally(Record):
    """`number` is added to the count of `word`: a state, or "" for what is not told apart."""

    __tablename__ = "tally"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[SerialId]
    noun: Mapped[ShortText]
    word: Mapped[str]
    number: Mapped[int]


def add(connection: Connection, noun: str, differences: Mapping[str, int]) -> None:
    """Add to the counts of one noun; those that stay the same cost nothing."""
    rows = [
        {"noun": noun, "word": word, "number": number}
        for word, number in differences.items()
        if number
    ]
    if rows:
        bulk.add(connection, Tally, rows)


def of(connection: Connection, noun: str) -> dict[str, int]:
    """The counts of one noun, those at 0 left out."""
    query = (
        select(Tally.word, func.sum(Tally.number))
        .where(Tally.noun == noun)
        .group_by(Tally.word)
        .order_by(Tally.word)
    )
    return {word: int(number) for word, number in connection.execute(query) if number}


def has_differences(connection: Connection) -> bool:
    """Whether some count has more than one row."""
    counts = func.count(distinct(Tally.noun + " " + Tally.word))
    rows, words = connection.execute(select(func.count(), counts)).one()
    return bool(rows > words)


def fold(connection: Connection, limit: int = 10_000) -> int:
    """Replace differences with one row per count; returns how many rows that saved.

    Rows that another fold has locked are skipped. A reader sees either all the rows or their sum.
    """
    query = select(Tally.id, Tally.noun, Tally.word, Tally.number).order_by(Tally.id).limit(limit)
    rows = connection.execute(query.with_for_update(skip_locked=True)).all()
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows:
        sums[row.noun, row.word] += row.number
    kept = [{"noun": n, "word": w, "number": number} for (n, w), number in sums.items() if number]
    if len(kept) == len(rows):
        return 0
    connection.execute(delete(Tally).where(among(connection, Tally.id, [row.id for row in rows])))
    if kept:
        bulk.add(connection, Tally, kept)
    return len(rows) - len(kept)
