"""Failing turns: the bot's on_error answers, and the message is logged where the failure is shown.

turns.py makes a Failure of an exception; record.py saves it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from pipeline.botkit import Bot, TurnError
from pipeline.conversation import rules
from pipeline.conversation.pending import Failure, Pending
from pipeline.conversation.turns import Received
from pipeline.conversation.values import Contact, Conversation
from pipeline.converse.applying import Applier, open_of
from pipeline.converse.debouncing import Group
from pipeline.converse.error_texts import facts_of, without_content
from pipeline.converse.situations import Situations
from pipeline.converse.work import LaneTurns
from pipeline.enums import EntryKind
from pipeline.messages import Inbound
from pipeline.records.core.entries import ANSWERED, HEARD, Waiting

log = structlog.get_logger(__name__)


class FailedTurns:
    """What becomes of the failed turns of one bot."""

    def __init__(self, bot: Bot, applier: Applier, situations: Situations) -> None:
        self._bot = bot
        self._applier = applier
        self._situations = situations

    def recover(self, turns: LaneTurns, together: Group, error: TurnError, now: datetime) -> bool:
        """Let the bot's on_error answer a message that failed; returns whether it settled the turn.

        What it wants otherwise is kept for `show`, which logs the message first.
        """
        entry, pending = together.entries[0], turns.pending
        is_message = entry.kind in ANSWERED and isinstance(entry.content, Inbound)
        if turns.work.damage or not is_message:
            return False
        try:
            messages = [one.message for one in together.entries]
            contact = pending.contact or Contact.new(messages[0], entry.received_at, entry.lane)
            conversation = self._applier.conversation_for(pending, contact, entry)
            cause, who = Received(together.combine(messages)), (contact, conversation)
            situated = self._situations.make(pending, who, cause, together.entries, now)
            recovery = self._bot.recover(situated, error)
        except KeyboardInterrupt:
            raise
        except BaseException as failure:  # noqa: BLE001 (the turn has failed already)
            log_failure("on_error failed", entry, facts_of(failure))
            return False
        if recovery is None or not recovery.is_settled:
            turns.apology = recovery and recovery.outcome
            return False
        for one in together.entries:
            self._applier.log(pending, one, contact, conversation)
        self._applier.apply(pending, conversation, recovery.outcome, together.entries[-1], now)
        return True

    def show(self, turns: LaneTurns, now: datetime) -> None:
        """Log what the contact wrote in a failed turn, and name the conversation that shows it."""
        failure, pending = turns.pending.failure, turns.pending
        if not failure:
            return
        entries = [entry for entry in turns.work.entries if entry.id in failure.entry_ids]
        where = None if turns.work.damage else self._place_failure(pending, entries, failure)
        if where and turns.apology:
            self._applier.apologize(pending, where, turns.apology, now)
        said = [entry.content.text for entry in entries if isinstance(entry.content, Inbound)]
        error = str(failure.facts.get("error", failure.error))
        pending.failure = failure._replace(
            conversation_id=where.id if where else None,
            facts={
                "bot": self._bot.name,
                **({"state": where.state} if where else {}),
                **failure.facts,
                "error": without_content(error, said),
            },
        )

    def _place_failure(
        self, pending: Pending, entries: Sequence[Waiting], failure: Failure
    ) -> Conversation | None:
        """The conversation of a failed turn; its messages are in the log from then on."""
        conversation = None
        for entry in entries:
            if entry.kind not in HEARD:
                conversation = open_of(pending, entry)
            elif entry.kind in ANSWERED and isinstance(entry.content, Inbound):
                conversation = self._log_failed(pending, entry)
                if conversation and failure.is_final:
                    # It is read, if not answered.
                    rules.hear_in_silence(conversation, self._bot, entry.received_at)
        return conversation

    def _log_failed(self, pending: Pending, entry: Waiting) -> Conversation | None:
        message = entry.message
        if entry.kind == EntryKind.RERUN:
            return pending.open_on(message.channel, message.recipient)
        contact = pending.contact or Contact.new(message, entry.received_at, entry.lane)
        conversation = self._applier.conversation_for(pending, contact, entry)
        self._applier.log(pending, entry, contact, conversation)
        return conversation


def log_failure(what: str, entry: Waiting, facts: Mapping[str, str | int]) -> None:
    """Log what happened to a failed turn, without what the contact wrote."""
    said = [entry.content.text] if isinstance(entry.content, Inbound) else []
    error = without_content(str(facts["error"]), said)
    log.error(what, turn=entry.id, **{**facts, "error": error})
