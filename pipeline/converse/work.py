"""What converse works on: the lanes of a claim, parsed once, and what their turns come to."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.conversation.pending import Pending
from pipeline.conversation.values import Contact, Conversation
from pipeline.records.core.entries import Waiting


@dataclass(slots=True)
class Work:
    """One claimed lane: its entries in order, and the contact and conversations as recorded.

    `attempt` is the number of this try at the first entry, from 1. `has_rest` says that the lane
    may hold more than was loaded, `is_recovery` that its worker did not come back, `is_alone` that
    only the first turn is to be taken. `damage` is what is wrong with a conversation that cannot
    be read.
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
        """Nothing yet, on copies of what was loaded."""
        contact = self.contact and self.contact.copy()
        return Pending(self.key, contact, [one.copy() for one in self.conversations])


@dataclass(frozen=True, slots=True)
class Batch:
    """The lanes leased under one token.

    A full one means that more lanes may be due; a recovery is a lane whose worker did not come
    back, and there may be more of those.
    """

    token: uuid.UUID
    claimed_at: datetime
    works: list[Work]
    is_full: bool
    is_recovery: bool


@dataclass(slots=True)
class LaneTurns:
    """The pending changes of one lane's turns: the input of record.py.

    `wait_until`: the next turn is to be taken then, in `wait_seconds`, with what comes meanwhile.
    """

    work: Work
    pending: Pending
    wait_until: datetime | None = None
    wait_seconds: float = 0.0

    @property
    def taken(self) -> int:
        """How many entries of the lane have had their turn."""
        return len(self.pending.handled)

    @property
    def has_rest(self) -> bool:
        """Whether entries of the lane are left for another claim."""
        return self.work.has_rest or self.taken < len(self.work.entries)
