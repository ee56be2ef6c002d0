"""The situation of a turn: what its handler sees and may ask of the log, not before it does."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from pipeline.botkit import ContactView, PastMessage, Situation
from pipeline.conversation.pending import Pending, QueuedOutbound
from pipeline.conversation.reactions import Latest, Sent
from pipeline.conversation.turns import TurnCause
from pipeline.conversation.values import Contact, Conversation
from pipeline.enums import EntryKind
from pipeline.records.core.entries import Waiting

# A conversation, how many of its messages, and the turns whose messages are left out.
History = Callable[[UUID, int, Collection[int]], Sequence[PastMessage]]
SentTo = Callable[[UUID], Sequence[Sent]]


class Situations:
    """`history` looks a conversation's messages up, `sent` the latest ones to a contact."""

    def __init__(self, history: History, sent: SentTo) -> None:
        self._history = history
        self._sent = sent

    def make(
        self,
        pending: Pending,
        who: tuple[Contact, Conversation],
        cause: TurnCause,
        entries: Sequence[Waiting],
        now: datetime,
    ) -> Situation:
        """The situation of the turn that `entries` form, after those that are pending."""
        contact, conversation = who
        entry, own = entries[0], [one.id for one in entries]
        return Situation(
            cause=cause,
            contact=ContactView(str(contact.id), contact.phone, contact.name, contact.attributes),
            channel=conversation.channel,
            state=conversation.state,
            data=conversation.data,
            choices=conversation.choices,
            now=now,
            idempotency_key=f"{entry.provider}:{entry.account_id}:{entry.provider_id}",
            history=lambda limit: self._past(pending, conversation, own, limit),
            memory=conversation.memory,
            received_at=entry.received_at if entry.kind == EntryKind.MESSAGE else None,
            last_received_at=None if conversation.is_new else conversation.last_inbound_at,
            sent=self.latest_sent(pending, contact),
        )

    def latest_sent(self, pending: Pending, contact: Contact) -> Latest:
        """The latest messages to the contact: those that are pending, and those in the log."""

        @cache
        def latest() -> Sequence[Sent]:
            now = [
                Sent("", item.body, bool(item.media))
                for item in reversed(pending.log)
                if isinstance(item, QueuedOutbound)
            ]
            return [*now, *(() if contact.is_new else self._sent(contact.id))]

        return latest

    def _past(
        self, pending: Pending, conversation: Conversation, own: Collection[int], limit: int
    ) -> Sequence[PastMessage]:
        """The log before the turn `own`, and what earlier turns of this batch add to it."""
        recent = [
            PastMessage(*item.past, item.created_at)
            for item in pending.log
            if item.conversation_id == conversation.id
        ]
        # Its own message is in the log if it has failed before.
        recorded = [] if conversation.is_new else self._history(conversation.id, limit, own)
        return [*recorded, *recent][-limit:] if limit > 0 else []
