"""Turns: run the bot over one lane's entries, in order, and collect every pending change.

Nothing here touches the database, but for the history a handler asks for. Next: record.py.
"""

from datetime import datetime

from pipeline.botkit import Bot, TurnError
from pipeline.conversation import rules
from pipeline.conversation.pending import Failure, LoggedInbound, Pending
from pipeline.conversation.reactions import hear_reaction, recognized
from pipeline.conversation.turns import MAX_ATTEMPTS, Entered, Outcome, Received, TurnCause
from pipeline.conversation.values import Contact, Conversation
from pipeline.converse.applying import Applier, open_of
from pipeline.converse.debouncing import Group, group
from pipeline.converse.error_texts import explained, facts_of
from pipeline.converse.failing import FailedTurns, log_failure
from pipeline.converse.situations import History, SentTo, Situations
from pipeline.converse.work import LaneTurns, Work
from pipeline.enums import EntryKind
from pipeline.errors import TargetGone
from pipeline.records.core.entries import HEARD, DueTimer, OwedEntry, Waiting


class TurnRunner:
    """Runs turns of one bot, whose replies leave through one provider."""

    def __init__(
        self, bot: Bot, provider: str, history: History, sent: SentTo = lambda _contact: ()
    ) -> None:
        self._bot = bot
        self._situations = Situations(history, sent)
        self._applier = Applier(bot, provider)
        self._failed = FailedTurns(bot, self._applier, self._situations)

    def run(self, work: Work, now: datetime) -> LaneTurns:
        """Run the turns of one lane up to the first that fails, or that is to wait for more."""
        turns = LaneTurns(work, work.pending())
        while turns.taken < len(work.entries) and self._run_next(turns, now):
            if work.is_alone:
                break
        self._failed.show(turns, now)
        return turns

    def failed(self, work: Work, failure: Failure) -> LaneTurns:
        """What to record of a lane whose first turn failed outside of the bot's code.

        The entries of that turn are found here; the failure need not name them.
        """
        turns = LaneTurns(work, work.pending())
        ids = self._grouped(turns, work.entries[0].received_at).ids
        turns.pending.failure = failure._replace(entry_ids=ids)
        self._failed.show(turns, work.entries[0].received_at)
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
            is_final, facts = attempt >= MAX_ATTEMPTS, facts_of(error)
            is_final = is_final or isinstance(error, TargetGone)
            failure = Failure(together.ids, attempt, explained(error), is_final, facts)
            told = TurnError.of(error, attempt, is_last=is_final)
            if self._failed.recover(turns, together, told, now):
                log_failure("turn failed, and on_error settled it", together.entries[0], facts)
            else:
                turns.pending.failure = failure
                return False
        turns.pending.handled += together.ids
        return True

    def _grouped(self, turns: LaneTurns, now: datetime) -> Group:
        try:
            return group(self._bot, turns, 0, now)
        except Exception:  # noqa: BLE001 (then the first entry fails by itself)
            return Group(turns.work.entries[:1])

    def _run_one(self, turns: LaneTurns, together: Group, now: datetime) -> None:
        pending, entry = turns.pending, together.entries[0]
        if turns.work.damage:
            raise turns.work.damage
        if entry.kind in HEARD:
            self._hear(pending, together, now)
            return
        if isinstance(entry.content, Exception):
            raise entry.content
        conversation = open_of(pending, entry)
        if not conversation or not pending.contact:
            return
        cause = self._cause(conversation, entry, now)
        if cause is not None:
            who = (pending.contact, conversation)
            outcome = self._respond(pending, who, cause, together, now)
            self._applier.apply(pending, conversation, outcome, entry, now)

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
        contact = pending.contact or Contact.new(entry.message, entry.received_at, entry.lane)
        entry.content = recognized(entry.message, self._situations.latest_sent(pending, contact))
        if not self._bot.takes(entry.content):
            self._hear_reaction(pending, entry, contact)
            return
        messages = [one.message for one in together.entries]
        conversation = self._applier.conversation_for(pending, contact, entry)
        # Pulled a day late: the contact does not wait for an answer any more.
        is_late = entry.kind == EntryKind.LATE
        outcome = None
        if not (is_late or contact.is_blocked or conversation.is_held(now)):
            cause = Received(together.combine(messages))
            outcome = self._respond(pending, (contact, conversation), cause, together, now)
        # Only now, so that a turn that failed has left no mark.
        for one in together.entries:
            self._applier.log(pending, one, contact, conversation)
        if outcome:
            self._applier.apply(pending, conversation, outcome, last, now)
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
        pending.log.append(LoggedInbound.of(message, contact.id, conversation, entry.id, at))
        if conversation:
            hear_reaction(conversation, self._bot, at, message.address)

    def _respond(
        self,
        pending: Pending,
        who: tuple[Contact, Conversation],
        cause: TurnCause,
        together: Group,
        now: datetime,
    ) -> Outcome:
        situated = self._situations.make(pending, who, cause, together.entries, now)
        return self._bot.respond(situated)
