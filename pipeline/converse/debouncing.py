"""Debouncing: which waiting messages of a lane form one turn, and whether to wait for more.

The conversation's state decides this with `debounce=`. Next: turns.py runs the turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile

from pipeline.botkit import EACH, LAST, Bot, Choice, Debounce, Join
from pipeline.botkit.inputs.debounce import MOST_JOINED, Arrival, combine, count_together
from pipeline.converse.work import LaneTurns
from pipeline.messages import Inbound
from pipeline.records.core.entries import ANSWERED, Waiting


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
        return combine(messages, self.policy)


def group(bot: Bot, turns: LaneTurns, begin: int, now: datetime) -> Group:
    """The entries, starting at `begin`, that form one turn."""
    entries = turns.work.entries
    first, alone = entries[begin], Group(entries[begin : begin + 1])
    if not _is_readable(first) or not bot.has_debounce:
        return alone
    policy, choices = _policy(bot, turns, first)
    if policy == EACH:
        return alone
    gathered = _gathered(bot, entries[begin:], policy, choices)
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
) -> Sequence[Waiting]:
    """The first of `entries` that belong together; none if the first needs its own turn."""
    arrivals = [Arrival(e.message, e.received_at) for e in takewhile(_is_readable, entries)]
    needs_own = partial(bot.needs_own_turn, choices=choices, is_tap_plain=policy == LAST)
    return entries[: count_together(arrivals, policy, needs_own)]


def _is_readable(entry: Waiting) -> bool:
    return entry.kind in ANSWERED and isinstance(entry.content, Inbound)
