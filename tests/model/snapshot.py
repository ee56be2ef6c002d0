"""Everything that the promises are about, as the database has it at one moment."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from pipeline.database import Database
from pipeline.records import Record
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.inbox import Entry
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from pipeline.records.core.transitions import Transition

Turn = dict[int, list[Row[Any]]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows by their key; messages and transitions are in the order of the log."""

    entries: dict[int, Row[Any]]
    people: dict[UUID, Row[Any]]
    talks: dict[UUID, Row[Any]]
    messages: dict[int, Row[Any]]
    steps: list[Row[Any]]
    lanes: dict[tuple[str, str], Row[Any]]

    @property
    def outbound(self) -> list[Row[Any]]:
        return [row for row in self.messages.values() if row.direction == "outbound"]

    def by_turn(self) -> Turn:
        """The messages of each turn."""
        found: Turn = defaultdict(list)
        for row in self.messages.values():
            if row.turn_id is not None:
                found[row.turn_id].append(row)
        return found

    def person(self, key: str) -> Row[Any] | None:
        return next((row for row in self.people.values() if row.key == key), None)

    def open_talk(self, key: str) -> Row[Any] | None:
        person = self.person(key)
        talks = (t for t in self.talks.values() if person and t.contact_id == person.id)
        return next((talk for talk in talks if not talk.closed_at), None)

    def turns_heard(self, contact_id: UUID) -> list[str]:
        """The keys that the bot has counted with this contact, through all talks."""
        talks = [talk for talk in self.talks.values() if talk.contact_id == contact_id]
        talks.sort(key=lambda talk: (talk.closed_at is None, talk.closed_at))
        return [key for talk in talks for key in talk.data.get("turns", [])]


def key_of(entry: Row[Any]) -> str:
    """What a turn of this entry is known by: its idempotency key."""
    return f"{entry.provider}:{entry.account_id}:{entry.provider_id}"


def snapshot(database: Database) -> Snapshot:
    """How things stand."""
    with database.read() as connection:

        def all_of(record: type[Record]) -> list[Row[Any]]:
            table = record.__table__
            return list(connection.execute(select(table).order_by(*table.primary_key)))

        return Snapshot(
            {row.id: row for row in all_of(Entry)},
            {row.id: row for row in all_of(Contact)},
            {row.id: row for row in all_of(Conversation)},
            {row.id: row for row in all_of(Message)},
            all_of(Transition),
            {(row.key, row.direction): row for row in all_of(Lane)},
        )
