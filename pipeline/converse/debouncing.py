"""Debouncing: which waiting messages of a lane form one turn, and whether to wait for more.

The conversation's state decides this with `debounce=`. Next: turns.py runs the turn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.botkit import EACH, LAST, Bot, Choice, Debounce, Join, join_messages
from pipeline.converse.work import LaneTurns
from pipeline.messages import Inbound
from pipeline.records.core.entries import ANSWERED, Waiting

MOST_JOINED = 16


@dataclass(frozen=True, slots=True)
class Group:
    """The entries of one turn. `wait_until`: when to run it, because more may belong to it."""

    entries: Sequence[Waiting]
    policy: Debounce | Join = EACH
    wait_until: datetime | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(entry.id for entry in self.entries)

    def combine(self, messages: Sequence[Inbound]) -> Inbound:
        """The one message that the bot receives for these."""
        return join_messages(messages) if isinstance(self.policy, Join) else messages[-1]


def group(bot: Bot, turns: LaneTurns, begin: int, now: datetime) -> Group:
    """The entries, starting at `begin`, that form one turn."""
    entries = turns.work.entries
    first, alone = entries[begin], Group(entries[begin : begin + 1])
    if not _is_readable(first) or not bot.has_debounce:
        return alone
    policy, choices = _policy(bot, turns, first)
    if policy == EACH:
        return alone
    gathered = list(_gathered(bot, entries[begin:], policy, choices))
    if not gathered:
        return alone
    is_last = begin + len(gathered) == len(entries)
    wait_until = None
    if isinstance(policy, Join) and is_last and len(gathered) < MOST_JOINED:
        quiet_at = gathered[-1].received_at + timedelta(seconds=policy.seconds)
        if not turns.work.has_rest:
            wait_until = quiet_at if quiet_at > now else None
        elif begin:
            wait_until = now  # the next claim starts with it and loads the rest
    return Group(gathered, policy, wait_until)


def _policy(
    bot: Bot, turns: LaneTurns, entry: Waiting
) -> tuple[Debounce | Join, tuple[Choice, ...]]:
    """The policy of the state that will handle this message, and the choices it may pick."""
    pending = turns.pending
    if pending.contact is not None and pending.contact.is_blocked:
        return EACH, ()
    conversation = pending.open_on(entry.message.channel, entry.message.recipient)
    if conversation is None or conversation.is_expired(bot.expires_after, entry.received_at):
        return bot.debounce_in(bot.start), ()
    if conversation.is_held(entry.received_at):
        return EACH, ()
    return bot.debounce_in(conversation.state), conversation.choices


def _gathered(
    bot: Bot,
    entries: Sequence[Waiting],
    policy: Debounce | Join,
    choices: tuple[Choice, ...],
) -> Iterator[Waiting]:
    """The first of `entries` that belong together; none if the first needs its own turn."""
    before: Waiting | None = None
    for entry in entries[:MOST_JOINED]:
        if not isinstance(entry.content, Inbound) or not _is_readable(entry):
            return
        if bot.needs_own_turn(entry.content, choices, is_tap_plain=policy == LAST):
            return
        if before is not None and not _follows(before, entry, policy):
            return
        before = entry
        yield entry


def _is_readable(entry: Waiting) -> bool:
    return entry.kind in ANSWERED and isinstance(entry.content, Inbound)


def _follows(before: Waiting, after: Waiting, policy: Debounce | Join) -> bool:
    said, more = before.message, after.message
    if (said.channel, said.recipient) != (more.channel, more.recipient):
        return False
    pause = after.received_at - before.received_at
    return not isinstance(policy, Join) or pause <= timedelta(seconds=policy.seconds)
