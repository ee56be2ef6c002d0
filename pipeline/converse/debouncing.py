"""Debouncing: which waiting messages of a lane are one turn, and whether more may be on their way.

The state that a conversation rests in says so (`debounce=`). Next: turns.py takes the turn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from pipeline.botkit import EACH, LAST, Bot, Choice, Debounce, Join, join_messages
from pipeline.converse.effects import LaneTurns
from pipeline.enums import EntryKind
from pipeline.messages import Inbound

MOST_JOINED = 16


@dataclass(frozen=True, slots=True)
class Group:
    """The entries of one turn. `wait_until`: not before then, for more may belong to it."""

    entries: Sequence[Row[Any]]
    policy: Debounce | Join = EACH
    wait_until: datetime | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(entry.id for entry in self.entries)

    def heard(self, messages: Sequence[Inbound]) -> Inbound:
        """The one message that the bot hears of these."""
        return join_messages(messages) if isinstance(self.policy, Join) else messages[-1]


def group(bot: Bot[Any], turns: LaneTurns, begin: int, now: datetime) -> Group:
    """The entries from `begin` on that are one turn."""
    entries = turns.work.entries
    alone = Group(entries[begin : begin + 1])
    if entries[begin].kind != EntryKind.MESSAGE or not bot.has_debounce:
        return alone
    try:
        policy, choices = _policy(bot, turns, entries[begin])
        if policy == EACH:
            return alone
        gathered = list(_gathered(bot, entries[begin:], policy, choices))
    except (KeyError, TypeError, ValueError):
        return alone  # its turn says what is wrong with it
    if not gathered:
        return alone
    is_last = begin + len(gathered) == len(entries)
    wait_until = None
    if isinstance(policy, Join) and is_last and len(gathered) < MOST_JOINED:
        quiet_at = gathered[-1].received_at + timedelta(seconds=policy.seconds)
        if not turns.work.has_rest:
            wait_until = quiet_at if quiet_at > now else None
        elif begin:
            wait_until = now  # the next claim begins with it, and loads what follows
    return Group(gathered, policy, wait_until)


def _policy(
    bot: Bot[Any], turns: LaneTurns, entry: Row[Any]
) -> tuple[Debounce | Join, tuple[Choice, ...]]:
    """That of the state in which this message will be heard, and what it may pick there."""
    if turns.contact is not None and turns.contact.is_blocked:
        return EACH, ()
    talk = turns.talk_of(Inbound.from_json(entry.payload["message"]))
    if talk is None or talk.is_expired(bot.expires_after, entry.received_at):
        return bot.debounce_in(bot.start), ()
    if talk.is_held(entry.received_at):
        return EACH, ()
    return bot.debounce_in(talk.state), talk.choices


def _gathered(
    bot: Bot[Any],
    entries: Sequence[Row[Any]],
    policy: Debounce | Join,
    choices: tuple[Choice, ...],
) -> Iterator[Row[Any]]:
    """The first of `entries` that belong together; none where the first is heard by itself."""
    before: tuple[Row[Any], Inbound] | None = None
    for entry in entries[:MOST_JOINED]:
        if entry.kind != EntryKind.MESSAGE:
            return
        message = Inbound.from_json(entry.payload["message"])
        if bot.needs_own_turn(message, choices, is_tap_plain=policy == LAST):
            return
        if before is not None and not _follows(before, (entry, message), policy):
            return
        before = (entry, message)
        yield entry


def _follows(
    before: tuple[Row[Any], Inbound], after: tuple[Row[Any], Inbound], policy: Debounce | Join
) -> bool:
    (first, said), (second, more) = before, after
    if (said.channel, said.recipient) != (more.channel, more.recipient):
        return False
    pause = second.received_at - first.received_at
    return not isinstance(policy, Join) or pause <= timedelta(seconds=policy.seconds)
