"""Turns: run the bot over one lane's entries, in order, and collect every pending change.

Nothing here touches the database, but for the history a handler asks for. Next: record.py.
"""

import traceback
from datetime import datetime

import structlog

from pipeline.botkit import Bot
from pipeline.conversation import rules
from pipeline.conversation.pending import (
    Failure,
    LoggedInbound,
    OptOut,
    Pending,
    QueuedOutbound,
)
from pipeline.conversation.reactions import hear_reaction, recognized
from pipeline.conversation.turns import Entered, Outcome, Received, TurnCause
from pipeline.conversation.values import Contact, Conversation, Origin
from pipeline.converse.debouncing import Group, group
from pipeline.converse.situations import History, SentTo, Situations
from pipeline.converse.work import LaneTurns, Work
from pipeline.enums import Cause, EntryKind
from pipeline.errors import BotError
from pipeline.messages import Inbound, storable
from pipeline.records.core.entries import HEARD, DueTimer, OwedEntry, Waiting

log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 5
_ERROR_LENGTH = 20_000


class TurnRunner:
    """Runs turns of one bot, whose replies leave through one provider."""

    def __init__(
        self, bot: Bot, provider: str, history: History, sent: SentTo = lambda _contact: ()
    ) -> None:
        self._bot = bot
        self._provider = provider
        self._situations = Situations(history, sent)

    def run(self, work: Work, now: datetime) -> LaneTurns:
        """Run the turns of one lane up to the first that fails, or that is to wait for more."""
        turns = LaneTurns(work, work.pending())
        while turns.taken < len(work.entries) and self._run_next(turns, now):
            if work.is_alone:
                break
        self._log_parked(turns)
        return turns

    def failed(self, work: Work, failure: Failure) -> LaneTurns:
        """What to record of a lane whose first turn failed outside of the bot's code.

        The entries of that turn are found here; the failure need not name them.
        """
        turns = LaneTurns(work, work.pending())
        ids = self._grouped(turns, work.entries[0].received_at).ids
        turns.pending.failure = failure._replace(entry_ids=ids)
        self._log_parked(turns)
        return turns

    def _run_next(self, turns: LaneTurns, now: datetime) -> bool:
        """Run one turn; False where the lane ends with it for now."""
        attempt = 1 if turns.taken else turns.work.attempt
        together = Group(turns.work.entries[turns.taken : turns.taken + 1])
        try:
            together = group(self._bot, turns, turns.taken, now)
            if attempt > MAX_ATTEMPTS:
                error = f"The worker died {MAX_ATTEMPTS} times while it ran this turn."
                turns.pending.failure = Failure(together.ids, attempt - 1, error, is_final=True)
                return False
            if together.wait_until:
                turns.wait_until = together.wait_until
                turns.wait_seconds = (together.wait_until - now).total_seconds()
                return False
            self._run_one(turns, together, now)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (sys.exit() fails the turn, not the worker)
            is_final = attempt >= MAX_ATTEMPTS
            turns.pending.failure = Failure(together.ids, attempt, explained(error), is_final)
            return False
        turns.pending.handled += together.ids
        return True

    def _grouped(self, turns: LaneTurns, now: datetime) -> Group:
        try:
            return group(self._bot, turns, 0, now)
        except Exception:  # noqa: BLE001 (then the first entry fails by itself)
            return Group(turns.work.entries[:1])

    def _log_parked(self, turns: LaneTurns) -> None:
        """Log what the contact wrote in a turn that is parked: it is read, if not answered."""
        failure, pending = turns.pending.failure, turns.pending
        if not failure or not failure.is_final or turns.work.damage:
            return
        for entry in turns.work.entries:
            if entry.id not in failure.entry_ids or entry.kind != EntryKind.MESSAGE:
                continue
            if isinstance(entry.content, Inbound):
                contact = pending.contact or Contact.new(entry.content, entry.received_at)
                conversation = self._conversation_for(pending, contact, entry)
                self._log(pending, entry, contact, conversation)
                rules.hear_in_silence(conversation, self._bot, entry.received_at)

    def _run_one(self, turns: LaneTurns, together: Group, now: datetime) -> None:
        pending, entry = turns.pending, together.entries[0]
        if turns.work.damage:
            raise turns.work.damage
        if entry.kind in HEARD:
            self._hear(pending, together, now)
            return
        if isinstance(entry.content, Exception):
            raise entry.content
        conversation = _open(pending, entry)
        if not conversation or not pending.contact:
            return
        cause = self._cause(conversation, entry, now)
        if cause is not None:
            outcome = self._respond(pending, (pending.contact, conversation), cause, entry, now)
            self._apply(pending, conversation, outcome, entry, now)

    def _cause(self, conversation: Conversation, entry: Waiting, now: datetime) -> TurnCause | None:
        """The turn that a timer or an entry action causes, if any."""
        content = entry.content
        if isinstance(content, DueTimer):
            return rules.timer_due(conversation, self._bot, content.timer, now)
        if isinstance(content, OwedEntry) and rules.is_entry_owed(
            conversation, content.state_seq, now
        ):
            return Entered()
        return None

    def _hear(self, pending: Pending, together: Group, now: datetime) -> None:
        entry, last = together.entries[0], together.entries[-1]
        contact = pending.contact or Contact.new(entry.message, entry.received_at)
        entry.content = recognized(entry.message, self._situations.latest_sent(pending, contact))
        if not self._bot.takes(entry.content):
            self._hear_reaction(pending, entry, contact)
            return
        messages = [one.message for one in together.entries]
        conversation = self._conversation_for(pending, contact, entry)
        # Pulled a day late: the contact does not wait for an answer any more.
        is_late = entry.kind == EntryKind.LATE
        outcome = None
        if not (is_late or contact.is_blocked or conversation.is_held(now)):
            cause = Received(together.combine(messages))
            outcome = self._respond(pending, (contact, conversation), cause, entry, now)
        # Only now, so that a turn that failed has left no mark.
        for one in together.entries:
            self._log(pending, one, contact, conversation)
        if outcome:
            self._apply(pending, conversation, outcome, last, now)
        else:
            rules.hear_in_silence(conversation, self._bot, last.received_at)

    def _hear_reaction(self, pending: Pending, entry: Waiting, contact: Contact) -> None:
        """Log a reaction that the bot does not ask for; it opens no conversation."""
        message, at = entry.message, entry.received_at
        pending.contact = contact
        conversation = pending.open_on(message.channel, message.recipient)
        if entry.kind == EntryKind.RERUN:
            return
        contact.hear(message, at)
        where = conversation.id if conversation else None
        pending.log.append(LoggedInbound(message, contact.id, where, entry.id, at))
        if conversation:
            hear_reaction(conversation, self._bot, at)

    def _conversation_for(self, pending: Pending, contact: Contact, entry: Waiting) -> Conversation:
        """The open conversation on the message's channel and number, or a new one."""
        message, at = entry.message, entry.received_at
        where = (message.channel, message.recipient)
        known = pending.open_on(*where)
        if known and not known.is_expired(self._bot.expires_after, at):
            return known
        return rules.open_conversation(self._bot, contact.id, where, at, at)

    def _log(
        self, pending: Pending, entry: Waiting, contact: Contact, conversation: Conversation
    ) -> None:
        """Note what was heard, from whom and where; a re-run was noted when it was parked."""
        pending.contact = contact
        if conversation not in pending.conversations:
            if expired := pending.open_on(conversation.channel, conversation.our_number):
                rules.expire(expired, entry.received_at)
            pending.conversations.append(conversation)
        if entry.kind == EntryKind.RERUN:
            return
        message, at = entry.message, entry.received_at
        contact.hear(message, at)
        rules.hear(conversation, at)
        pending.log.append(LoggedInbound(message, contact.id, conversation.id, entry.id, at))

    def _apply(
        self,
        pending: Pending,
        conversation: Conversation,
        outcome: Outcome,
        entry: Waiting,
        now: datetime,
    ) -> None:
        if outcome.is_unknown_state:
            log.error("the bot lacks the state of a conversation", state=conversation.state)
        cause = Cause.TIMER if entry.kind == EntryKind.TIMER else Cause.BOT
        origin = Origin(cause, self._bot.name, now, self._bot.version, entry.id)
        rules.apply(conversation, outcome, origin)
        if outcome.opts_out:
            where = (conversation.channel, conversation.our_number)
            pending.opt_outs.append(OptOut(*where, self._bot.name))
        if pending.contact is not None:
            pending.contact.change_attributes(outcome.attributes)
        for ordinal, reply in enumerate(outcome.replies, 1):
            turn = (entry.id, ordinal)
            queued = QueuedOutbound.reply(conversation, reply, turn, self._provider, now)
            pending.log.append(queued)

    def _respond(
        self,
        pending: Pending,
        who: tuple[Contact, Conversation],
        cause: TurnCause,
        entry: Waiting,
        now: datetime,
    ) -> Outcome:
        return self._bot.respond(self._situations.make(pending, who, cause, entry, now))


def _open(pending: Pending, entry: Waiting) -> Conversation | None:
    """The conversation of a timer or an entry action, if it is open."""
    content = entry.content
    wanted = None if isinstance(content, Inbound | Exception) else content.conversation_id
    return next((c for c in pending.conversations if c.id == wanted and not c.closed_at), None)


def explained(error: BaseException) -> str:
    """What an operator reads about a failed turn: the message, then the traceback."""
    cause = error.__cause__ if isinstance(error, BotError) and error.__cause__ else error
    text = f"{error}\n\n{''.join(traceback.format_exception(cause))}"
    return storable(text[:_ERROR_LENGTH])
