"""Applying: note in the pending changes what was heard, and what the bot wants.

turns.py and failing.py decide what; record.py saves it.
"""

from datetime import datetime

import structlog

from pipeline.botkit import Bot
from pipeline.conversation import rules
from pipeline.conversation.pending import LoggedInbound, OptOut, Pending, QueuedOutbound
from pipeline.conversation.turns import Outcome
from pipeline.conversation.values import Contact, Conversation, Origin
from pipeline.enums import Cause, EntryKind
from pipeline.messages import Inbound
from pipeline.records.core.entries import Waiting

logger = structlog.get_logger(__name__)


class Applier:
    """Applies what turns of one bot come to; its replies leave through one provider."""

    def __init__(self, bot: Bot, provider: str) -> None:
        self._bot = bot
        self._provider = provider

    def conversation_for(self, pending: Pending, contact: Contact, entry: Waiting) -> Conversation:
        """The open conversation on the message's channel and number, or a new one."""
        message, at = entry.message, entry.received_at
        where = (message.channel, message.recipient)
        known = pending.open_on(*where)
        if known and not known.is_expired(self._bot.expires_after, at):
            return known
        return rules.open_conversation(self._bot, contact.id, where, at, at)

    def log(
        self, pending: Pending, entry: Waiting, contact: Contact, conversation: Conversation
    ) -> None:
        """Note what was heard, from whom and where; a re-run was noted when it first failed."""
        pending.contact = contact
        if conversation not in pending.conversations:
            if expired := pending.open_on(conversation.channel, conversation.our_number):
                rules.expire(expired, entry.received_at)
            pending.conversations.append(conversation)
        if entry.kind == EntryKind.RERUN:
            return
        message, at = entry.message, entry.received_at
        pending.log.append(LoggedInbound.of(message, contact.id, conversation, entry.id, at))
        contact.hear(message, at)
        rules.hear(conversation, at, message.address)

    def apply(
        self,
        pending: Pending,
        conversation: Conversation,
        outcome: Outcome,
        entry: Waiting,
        now: datetime,
    ) -> None:
        if outcome.is_unknown_state:
            logger.error("the bot lacks the state of a conversation", state=conversation.state)
        cause = Cause.TIMER if entry.kind == EntryKind.TIMER else Cause.BOT
        origin = Origin(cause, self._bot.name, now, self._bot.version, entry.id)
        self._change(pending, conversation, outcome, origin)
        for ordinal, reply in enumerate(outcome.replies, 1):
            turn = (entry.id, ordinal)
            queued = QueuedOutbound.reply(conversation, reply, turn, self._provider, now)
            pending.log.append(queued)

    def apologize(
        self, pending: Pending, conversation: Conversation, outcome: Outcome, now: datetime
    ) -> None:
        """Apply what on_error wants meanwhile; the replies are not those of the turn."""
        origin = Origin(Cause.BOT, self._bot.name, now, self._bot.version)
        self._change(pending, conversation, outcome, origin)
        pending.log += [
            QueuedOutbound.reply(conversation, reply, (None, None), self._provider, now)
            for reply in outcome.replies
        ]

    def _change(
        self, pending: Pending, conversation: Conversation, outcome: Outcome, origin: Origin
    ) -> None:
        rules.apply(conversation, outcome, origin)
        if outcome.opts_out:
            where = (conversation.channel, conversation.our_number)
            pending.opt_outs.append(OptOut(*where, self._bot.name))
        if pending.contact is not None:
            pending.contact.change_attributes(outcome.attributes)


def open_of(pending: Pending, entry: Waiting) -> Conversation | None:
    """The conversation of a timer or an entry action, if it is open."""
    content = entry.content
    wanted = None if isinstance(content, Inbound | Exception) else content.conversation_id
    return next((c for c in pending.conversations if c.id == wanted and not c.closed_at), None)
