"""The promises, one check for each way to break one; checker.py asks all of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TypeVar

from pipeline.enums import STATUS_RANK
from proving.faults.history import History, Reply, Said, SentMessage, about
from proving.faults.violations import Allowed, Violation

_SHOWN = 12
Item = TypeVar("Item")
Check = Callable[[History, Allowed], Iterator[Violation]]


def undrained(history: History, _: Allowed) -> Iterator[Violation]:
    """P10: everything has come to an end."""
    if history.waiting:
        yield Violation(
            "undrained", "P10", f"{len(history.waiting)} still wait", _some(history.waiting)
        )


def asleep(history: History, _: Allowed) -> Iterator[Violation]:
    """P10: every worker that runs is alive."""
    for worker in history.asleep:
        yield Violation("asleep", "P10", f"{worker} runs, and nothing is heard of it")


def lost(history: History, _: Allowed) -> Iterator[Violation]:
    """P1: what was acknowledged is in the inbox, and in the log once it is handled."""
    turns = {turn.sid: turn for turn in history.turns}
    for said in history.said:
        turn = turns.get(said.sid)
        if turn is None:
            if said.acked_at is not None:
                yield _of(history, said, "lost", "P1", "was acknowledged and is nowhere")
        elif turn.status in {"handled", "ignored"} and not turn.logged:
            yield _of(history, said, "lost", "P1", f"is {turn.status} and not in the log")


def unexpected(history: History, allowed: Allowed) -> Iterator[Violation]:
    """Every output has an input, and no turn is parked without a reason."""
    said = {it.sid for it in history.said}
    known = {reply.id for reply in history.replies}
    for turn in history.turns:
        if turn.sid not in said:
            yield Violation("unexpected", "P2", f"a turn of {turn.sid}, which nobody said")
        if turn.status == "parked" and not allowed.parked:
            yield Violation("unexpected", "P2", f"turn {turn.id} is parked: {turn.error[:300]}")
    for sent in history.sent_messages:
        if sent.reply not in known:
            yield Violation(
                "unexpected", "P2", f"the provider was sent {sent.body!r}, which is not a reply"
            )


def doubled_turns(history: History, _: Allowed) -> Iterator[Violation]:
    """P2: a message has one entry, one place in the log, and one effect."""
    seen: set[str] = set()
    for turn in history.turns:
        if turn.sid in seen or len(turn.logged) > 1:
            times = max(2, len(turn.logged))
            yield Violation(
                "doubled",
                "P2",
                f"{turn.sid} was handled {times} times",
                _some(about(history, {turn.sid})),
            )
        seen.add(turn.sid)


def wrong_effects(history: History, allowed: Allowed) -> Iterator[Violation]:
    """P2, P4: the bot's data holds each handled message once, and each has its replies."""
    if not history.heard:
        return
    texts = {said.sid: said.text for said in history.said}
    handled = defaultdict(list)
    answered = {reply.turn_id for reply in history.replies}
    for turn in sorted(history.turns, key=lambda turn: turn.logged):
        if turn.status == "handled" and turn.kind in {"message", "rerun"}:
            if allowed.silences and turn.id not in answered:
                continue
            handled[turn.contact].append(texts.get(turn.sid, turn.sid))
            if turn.id not in answered:
                yield Violation("torn", "P4", f"turn {turn.id} is handled and has no reply")
    for contact in handled.keys() | history.heard.keys():
        heard = history.heard.get(contact, [])
        if not _is_same(heard, handled[contact], is_joined=contact in history.joined):
            what = f"{contact}: the log has {handled[contact]}, the bot heard {heard}"
            times = Counter([*heard, *handled[contact]])
            own = [it for it in history.said if it.contact == contact]
            sids = {it.sid for it in own if times[it.text] != 2}
            yield Violation("wrong effects", "P2", what, _some(about(history, sids)))


def _is_same(heard: list[str], handled: list[str], *, is_joined: bool) -> bool:
    """Of contacts that were joined the log has the order, and each conversation its share."""
    return sorted(heard) == sorted(handled) if is_joined else heard == handled


def divided(history: History, _: Allowed) -> Iterator[Violation]:
    """P11: what one person says, from whatever address, is one contact's."""
    contacts = {turn.sid: turn.contact for turn in history.turns}
    for person, said in _by(history.said, lambda said: said.contact):
        found = {contacts[one.sid]: one.sid for one in said if one.sid in contacts}
        if len(found) > 1:
            what = f"{person} is {len(found)} contacts: {', '.join(sorted(found))}"
            yield Violation("divided", "P11", what, _some(about(history, set(found.values()))))


def reordered_turns(history: History, _: Allowed) -> Iterator[Violation]:
    """P3: what was acknowledged before the next was said comes before it."""
    said = {it.sid: it for it in history.said if not it.is_excused}
    for contact, turns in _by(history.turns, lambda turn: turn.contact):
        latest: Said | None = None
        for turn in sorted(turns, key=lambda turn: turn.logged):
            this = said.get(turn.sid)
            if this is None or turn.status != "handled":
                continue
            if latest and this.acked_at is not None and this.acked_at < latest.sent_at:
                what = f"{contact}: {latest.text!r} was handled before {this.text!r}"
                events = about(history, {latest.sid, this.sid})
                yield Violation("reordered", "P3", what, _some(events))
            if latest is None or this.sent_at > latest.sent_at:
                latest = this


def overlapped(history: History, allowed: Allowed) -> Iterator[Violation]:
    """P3: one contact's turns do not run at the same time."""
    if allowed.overlaps:
        return
    for contact, trace in _by(history.trace, lambda event: event.phone):
        open_in: dict[tuple[int, str], float] = {}
        ended = {(event.process, event.key) for event in trace if event.what == "end"}
        for event in trace:
            this = (event.process, event.key)
            if event.what == "end":
                open_in.pop(this, None)
            elif this in ended:
                if others := [other for other in open_in if other != this]:
                    what = f"{contact}: {event.text!r} began while another turn ran"
                    sids = {key.rpartition(":")[2] for _, key in (this, *others)}
                    yield Violation("overlapped", "P3", what, _some(about(history, sids)))
                open_in[this] = event.at


def unsent(history: History, _: Allowed) -> Iterator[Violation]:
    """P5: each reply was handed over, or has ended with a reason."""
    taken = {sent.reply for sent in history.sent_messages}
    for reply in history.replies:
        is_over = STATUS_RANK[reply.status] >= STATUS_RANK["accepted"]
        if is_over and reply.id not in taken and not reply.error:
            yield Violation("unsent", "P5", f"{reply.body!r} is {reply.status} without a reason")


def doubled_sends(history: History, allowed: Allowed) -> Iterator[Violation]:
    """P5: a reply goes out twice only where nobody could know better, and that is counted."""
    replies = {reply.id: reply for reply in history.replies}
    for reply_id, copies in _by(history.sent_messages, lambda sent: sent.reply):
        reply = replies.get(reply_id)
        if reply is None or len(copies) == 1:
            continue
        if not allowed.resends or len(copies) - 1 > reply.resends:
            what = f"{reply.body!r} went out {len(copies)} times, {reply.resends} counted"
            yield Violation("sent twice", "P5", what, _some(_about_replies(history, reply)))


def reordered_sends(history: History, _: Allowed) -> Iterator[Violation]:
    """P6: a contact's replies reach the provider in the order of the log."""
    first: dict[str, SentMessage] = {}
    for message in sorted(history.sent_messages, key=lambda message: message.at):
        first.setdefault(message.reply, message)
    for contact, replies in _by(history.replies, lambda reply: reply.contact):
        sent = sorted((r for r in replies if r.id in first), key=lambda r: first[r.id].at)
        for before, after in pairwise(sent):
            if before.position > after.position:
                what = f"{contact}: {before.body!r} went out before {after.body!r}"
                events = _about_replies(history, before, after)
                yield Violation("sent out of order", "P6", what, _some(events))


def backwards(history: History, _: Allowed) -> Iterator[Violation]:
    """P7: a status is the furthest that a callback told, and was never further before."""
    reply_of = {sent.sid: sent.reply for sent in history.sent_messages}
    furthest: defaultdict[str, int] = defaultdict(int)
    for sid, statuses in history.delivered.items():
        ranks = [STATUS_RANK.get(status, STATUS_RANK["accepted"]) for status in statuses]
        furthest[reply_of.get(sid, "")] = max([furthest[reply_of.get(sid, "")], *ranks])
    for reply in history.replies:
        if reply.provider_id and STATUS_RANK[reply.status] < furthest[reply.id]:
            what = f"{reply.body!r} is {reply.status}, but a later status was reported"
            yield Violation("backwards", "P7", what, tuple(history.statuses.get(reply.id, ())))
        seen = [STATUS_RANK[s] for s in history.statuses.get(reply.id, ())]
        settled = [rank for rank in seen if rank >= STATUS_RANK["accepted"]]
        if settled != sorted(settled):
            what = f"{reply.body!r} went {' -> '.join(history.statuses[reply.id])}"
            yield Violation("backwards", "P7", what)


def leaked(history: History, _: Allowed) -> Iterator[Violation]:
    """No log holds a number, a text or a token."""
    if history.leaks:
        yield Violation("leaked", "logs", "secrets are in the logs", _some(history.leaks))


CHECKS: tuple[Check, ...] = (
    undrained,
    asleep,
    lost,
    unexpected,
    doubled_turns,
    wrong_effects,
    divided,
    reordered_turns,
    overlapped,
    unsent,
    doubled_sends,
    reordered_sends,
    backwards,
    leaked,
)


def _of(history: History, said: Said, kind: str, promise: str, what: str) -> Violation:
    return Violation(
        kind,
        promise,
        f"{said.contact}: {said.text!r} ({said.sid}) {what}",
        _some(about(history, {said.sid})),
    )


def _about_replies(history: History, *replies: Reply) -> list[str]:
    turn_ids = {reply.turn_id for reply in replies}
    return about(history, {turn.sid for turn in history.turns if turn.id in turn_ids})


def _by(items: Iterable[Item], key: Callable[[Item], str]) -> Iterator[tuple[str, list[Item]]]:
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    yield from groups.items()


def _some(lines: Iterable[str]) -> tuple[str, ...]:
    shown = tuple(lines)
    return shown if len(shown) <= _SHOWN else (*shown[:_SHOWN], f"… {len(shown) - _SHOWN} more")
