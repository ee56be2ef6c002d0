"""Transitions: every change of state, append-only, with who made it and why."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.enums import Cause
from pipeline.jsons import JsonObject
from pipeline.records import bulk
from pipeline.records.base import BigId, Record, SerialId, ShortText, columns


class Transition(Record):
    """One step. `cause` is bot, operator, timer or import; `actor` the bot's name or an e-mail."""

    __tablename__ = "transition"
    __table_args__ = (
        Index("ix_transition_conversation", "conversation_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[SerialId]
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id"))
    from_state: Mapped[str]
    to_state: Mapped[str]
    cause: Mapped[Cause]
    via: Mapped[ShortText] = mapped_column(default="")
    actor: Mapped[str]
    turn_id: Mapped[int | None] = mapped_column(BigId)
    bot_version: Mapped[str] = mapped_column(default="")
    data_before: Mapped[JsonObject] = mapped_column(default=dict)
    data_after: Mapped[JsonObject] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class TransitionRow(NamedTuple):
    """A step as it is read."""

    id: int
    from_state: str
    to_state: str
    cause: Cause
    via: str
    actor: str
    bot_version: str
    data_before: JsonObject
    data_after: JsonObject
    reason: str
    created_at: datetime


TRANSITIONS = select(*columns(Transition, TransitionRow))


def append(connection: Connection, rows: Sequence[JsonObject]) -> None:
    """Log steps in the order given."""
    bulk.add(connection, Transition, rows)
