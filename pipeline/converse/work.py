"""What converse works on: the lanes of a claim, parsed once, and the results of their turns."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.conversation.pending import Pending
from pipeline.conversation.turns import Outcome
from pipeline.conversation.values import Contact, Conversation
from pipeline.records.core.entries import Waiting


@dataclass(slots=True)
class Work:
    """One claimed lane: its entries in order, and the contact and conversations as recorded.

    `attempt` counts the attempts at the first entry, from 1. `has_rest`: the lane may have more
    entries than were loaded. `is_recovery`: the previous worker's lease expired. `is_alone`: only
    the first turn runs. `damage` is the error of a conversation that cannot be read.
    """

    key: str
    attempt: int
    entries: list[Waiting]
    has_rest: bool
    is_recovery: bool
    is_alone: bool
    contact: Contact | None = None
    conversations: list[Conversation] = field(default_factory=list)
    damage: Exception | None = None

    def pending(self) -> Pending:
        """Empty pending changes, with copies of the loaded contact and conversations."""
        contact = self.contact and self.contact.copy()
        return Pending(self.key, contact, [one.copy() for one in self.conversations])


@dataclass(frozen=True, slots=True)
class Batch:
    """The lanes leased under one token.

    `is_full`: more lanes may be due. `is_recovery`: the lane's previous lease expired, and other
    lanes may be in the same situation.
    """

    token: uuid.UUID
    claimed_at: datetime
    works: list[Work]
    is_full: bool
    is_recovery: bool


@dataclass(slots=True)
class LaneTurns:
    """The pending changes of one lane's turns: the input of record.py.

    `wait_until`: when the next turn runs, `wait_seconds` from now, with the messages that arrive
    until then. `apology` is what the bot's on_error wants while the failed turn is tried again.
    """

    work: Work
    pending: Pending
    wait_until: datetime | None = None
    wait_seconds: float = 0.0
    apology: Outcome | None = None

    @property
    def taken(self) -> int:
        """How many entries of the lane have had their turn."""
        return len(self.pending.handled)

    @property
    def has_rest(self) -> bool:
        """Whether entries of the lane are left for another claim."""
        return self.work.has_rest or self.taken < len(self.work.entries)
