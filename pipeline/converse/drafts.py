"""Drafts: contacts and conversations as the turns of one batch change them, before recording."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Row

from pipeline.botkit import Bot, Choice, ContactView, unentered
from pipeline.ids import new_id
from pipeline.messages import Inbound


@dataclass(slots=True)
class ContactDraft:
    """A contact; `is_new` until it is recorded."""

    id: uuid.UUID
    key: str
    phone: str | None
    name: str
    attributes: Mapping[str, Any]
    is_blocked: bool
    is_new: bool
    seen_at: datetime | None = None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls(
            row.id, row.key, row.phone, row.name, row.attributes, row.is_blocked, is_new=False
        )

    @classmethod
    def new(cls, message: Inbound) -> Self:
        return cls(
            new_id(), message.contact_key, message.phone, "", {}, is_blocked=False, is_new=True
        )

    def heard(self, message: Inbound, at: datetime) -> None:
        self.seen_at = at
        # A name that was given by hand stays.
        if "name" not in self.attributes:
            self.name = message.profile_name or self.name

    def view(self) -> ContactView:
        return ContactView(str(self.id), self.phone, self.name, self.attributes)

    def values(self, now: datetime) -> dict[str, Any]:
        """The row of a new contact."""
        return {
            "id": self.id,
            "key": self.key,
            "phone": self.phone,
            "name": self.name,
            "attributes": {},
            "opt_outs": {},
            "is_blocked": False,
            "created_at": now,
            "last_seen_at": self.seen_at,
        }


@dataclass(slots=True)
class ConversationDraft:
    """A conversation; `version` is the one that was loaded, which fences the recording.

    `loaded_state` is where it was then.
    """

    id: uuid.UUID
    channel: str
    our_number: str
    state: str
    state_seq: int
    data: Mapping[str, Any]
    choices: tuple[Choice, ...]
    memory: Mapping[str, Any]
    version: int
    holder: str
    held_by: str
    held_until: datetime | None
    last_message_at: datetime
    last_inbound_at: datetime | None
    is_new: bool
    opened_at: datetime
    closed_at: datetime | None = None
    is_touched: bool = False
    is_rearmed: bool = False
    has_moved: bool = False
    timers: list[dict[str, Any]] = field(default_factory=list)
    loaded_state: str = ""

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls(
            id=row.id,
            loaded_state=row.state,
            channel=row.channel,
            our_number=row.our_number,
            state=row.state,
            state_seq=row.state_seq,
            data=row.data,
            choices=tuple(Choice(*choice) for choice in row.choices),
            memory=row.memory,
            version=row.version,
            holder=row.holder,
            held_by=row.held_by,
            held_until=row.held_until,
            last_message_at=row.last_message_at,
            last_inbound_at=row.last_inbound_at,
            is_new=False,
            opened_at=row.opened_at,
        )

    @classmethod
    def new(cls, message: Inbound, bot: Bot[Any], at: datetime) -> Self:
        """One in the bot's start state."""
        return cls(
            id=new_id(),
            channel=message.channel,
            our_number=message.recipient,
            state=bot.start,
            state_seq=0,
            data={},
            choices=(),
            memory=bot.first_memory,
            version=1,
            holder="bot",
            held_by="",
            held_until=None,
            last_message_at=at,
            last_inbound_at=at,
            is_new=True,
            opened_at=at,
        )

    def heard(self, at: datetime) -> None:
        """The contact wrote then; an operator may have written since."""
        self.last_message_at = max(self.last_message_at, at)
        self.last_inbound_at = max(self.last_inbound_at or at, at)
        self.is_touched = True

    def is_held(self, now: datetime) -> bool:
        """Whether an operator answers, so that the bot is silent."""
        return self.holder != "bot" and (self.held_until is None or self.held_until > now)

    def hold_open(self) -> None:
        """The bot hands over: to no operator in particular, until it is given back."""
        self.holder, self.held_by, self.held_until = "operator", "", None

    def give_back(self) -> None:
        """The bot answers again."""
        self.holder, self.held_by, self.held_until = "bot", "", None
        self.is_touched = self.is_rearmed = True

    def owe_entry(self) -> None:
        """The state is entered when the bot may speak again."""
        self.memory = unentered(self.memory)
        self.is_touched = True

    def is_expired(self, after: timedelta | None, now: datetime) -> bool:
        return after is not None and now - self.last_message_at > after

    def values(self, contact_id: uuid.UUID) -> dict[str, Any]:
        """The row of a new conversation."""
        return {
            "id": self.id,
            "contact_id": contact_id,
            "channel": self.channel,
            "our_number": self.our_number,
            "version": 1,
            "opened_at": self.opened_at,
            **self._changing(),
        }

    def change(self) -> dict[str, Any]:
        """The parameters of `conversations.save`."""
        return {"id": self.id, **self._changing()}

    def _changing(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "state_seq": self.state_seq,
            "data": self.data,
            "choices": [[c.number, c.id, c.title] for c in self.choices],
            "memory": self.memory,
            "holder": self.holder,
            "held_by": self.held_by,
            "held_until": self.held_until,
            "last_message_at": self.last_message_at,
            "last_inbound_at": self.last_inbound_at,
            "closed_at": self.closed_at,
        }
