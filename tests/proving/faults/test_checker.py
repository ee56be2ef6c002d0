"""The checker on histories made by hand: a good one, and each way in which one can be bad."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from proving.faults.checker import check, count
from proving.faults.history import History, Reply, Said, SentMessage, Turn
from proving.faults.turn_trace import TraceEvent
from proving.faults.violations import Allowed

ADA, BOB = "+14155550101", "+14155550102"


def a_history() -> History:
    """Ada says three things, Bob one; each is answered at once."""
    said, turns, replies, sent_messages, trace = [], [], [], [], []
    for number, contact in enumerate((ADA, ADA, BOB, ADA), 1):
        sid, reply, at = f"SM{number}", f"id{number}", float(number)
        said.append(Said(sid, contact, f"n {number}", at, at + 0.1, [200]))
        turns.append(Turn(number, sid, contact, "message", "handled", "", (10 * number,)))
        body = f"re {number}"
        replies.append(
            Reply(reply, contact, number, 1, 10 * number + 1, body, "bot", "sent", "", 0, f"T{sid}")
        )
        sent_messages.append(SentMessage(reply, f"T{sid}", contact, body, at + 0.3))
        trace += [
            TraceEvent("begin", contact, f"n {number}", sid, 1, at + 0.15),
            TraceEvent("end", contact, f"n {number}", sid, 1, at + 0.2),
        ]
    delivered = {take.sid: ["sent"] for take in sent_messages}
    heard = {ADA: ["n 1", "n 2", "n 4"], BOB: ["n 3"]}
    return History(said, turns, replies, sent_messages, trace, delivered, heard)


def kinds(history: History, allowed: Allowed | None = None) -> list[str]:
    return sorted({v.kind for v in check(history, allowed or Allowed())})


def test_a_good_history_has_no_violation_and_is_counted() -> None:
    history = a_history()
    history.said[0].acked_at = None
    assert kinds(history) == []
    counts = count(history)
    assert (counts.said, counts.acknowledged, counts.handled, counts.recovered) == (4, 3, 4, 1)
    assert (counts.replies, counts.taken, counts.resent) == (4, 4, 0)


def test_a_bot_may_be_silent_where_an_operator_holds() -> None:
    history = a_history()
    del history.replies[1], history.sent_messages[1]
    history.heard[ADA] = ["n 1", "n 4"]
    assert kinds(history) == ["torn", "wrong effects"]
    assert kinds(history, Allowed(silences=True)) == []
    # Without a reply there may be no effect either.
    history.heard[ADA].insert(1, "n 2")
    assert kinds(history, Allowed(silences=True)) == ["wrong effects"]


def test_a_worker_that_is_asleep_is_told() -> None:
    history = a_history()
    history.asleep.append("converse-2")
    assert kinds(history) == ["asleep"]


def _drop_turn(history: History) -> None:
    del history.turns[1], history.replies[1], history.sent_messages[1]
    history.heard[ADA] = ["n 1", "n 4"]


def _unlog(history: History) -> None:
    history.turns[2] = replace(history.turns[2], logged=())


def _repeat_turn(history: History) -> None:
    history.turns.append(replace(history.turns[0], id=9, logged=(10, 90)))
    history.heard[ADA].append("n 1")


def _hear_twice(history: History) -> None:
    history.heard[ADA].insert(1, "n 1")


def _forget_an_effect(history: History) -> None:
    history.heard[BOB] = []


def _swap_turns(history: History) -> None:
    first, second = history.turns[:2]
    history.turns[:2] = [replace(first, logged=(20,)), replace(second, logged=(10,))]
    history.heard[ADA] = ["n 2", "n 1", "n 4"]
    history.replies[0] = replace(history.replies[0], turn_id=2)
    history.replies[1] = replace(history.replies[1], turn_id=1)


def _overlap(history: History) -> None:
    # Ada's first turn ends, in another process, after her second began.
    history.trace[1] = replace(history.trace[1], at=2.17, process=2)
    history.trace[0] = replace(history.trace[0], process=2)
    history.trace.sort(key=lambda event: event.at)


def _unanswer(history: History) -> None:
    del history.replies[3], history.sent_messages[3]


def _settle_unsent(history: History) -> None:
    del history.sent_messages[3]


def _send_twice(history: History) -> None:
    history.sent_messages.append(replace(history.sent_messages[0], sid="TSM1b", at=9.0))


def _swap_sends(history: History) -> None:
    history.sent_messages[0] = replace(history.sent_messages[0], at=3.0)
    history.sent_messages[1] = replace(history.sent_messages[1], at=2.0)


def _go_back(history: History) -> None:
    history.delivered["TSM1"] = ["sent", "delivered"]


def _be_seen_going_back(history: History) -> None:
    history.statuses["id1"] = ["accepted", "delivered", "sent"]


def _invent_a_send(history: History) -> None:
    history.sent_messages.append(SentMessage("", "TX", BOB, "who said this?", 9.0))


def _invent_a_turn(history: History) -> None:
    history.turns.append(Turn(9, "SM9", BOB, "message", "ignored", "", (90,)))


def _park(history: History) -> None:
    history.turns[3] = replace(history.turns[3], status="parked", error="it was raised")
    history.heard[ADA] = ["n 1", "n 2"]


def _leave_waiting(history: History) -> None:
    history.waiting = ["turn 7"]


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (_drop_turn, ["lost"]),
        (_unlog, ["lost"]),
        (_repeat_turn, ["doubled", "wrong effects"]),
        (_hear_twice, ["wrong effects"]),
        (_forget_an_effect, ["wrong effects"]),
        (_swap_turns, ["reordered"]),
        (_overlap, ["overlapped"]),
        (_unanswer, ["torn"]),
        (_settle_unsent, ["unsent"]),
        (_send_twice, ["sent twice"]),
        (_swap_sends, ["sent out of order"]),
        (_go_back, ["backwards"]),
        (_be_seen_going_back, ["backwards"]),
        (_invent_a_send, ["unexpected"]),
        (_invent_a_turn, ["unexpected"]),
        (_park, ["unexpected"]),
        (_leave_waiting, ["undrained"]),
    ],
)
def test_each_violation_is_found(spoil: Callable[[History], None], found: list[str]) -> None:
    history = a_history()
    spoil(history)
    assert set(found) <= set(kinds(history))


def test_the_events_of_a_violation_are_those_of_its_contact() -> None:
    history = a_history()
    _send_twice(history)
    (violation,) = check(history)
    assert "went out 2 times, 0 counted" in violation.what
    assert any("n 1" in line for line in violation.events)
    assert not any("n 3" in line for line in violation.events)


def test_what_a_scenario_allows_is_no_violation() -> None:
    history = a_history()
    _send_twice(history)
    assert kinds(history, Allowed(resends=True)) == ["sent twice"]
    history.replies[0] = replace(history.replies[0], resends=1)
    assert kinds(history, Allowed(resends=True)) == []
    _overlap(history)
    assert kinds(history, Allowed(resends=True, overlaps=True)) == []
    _park(history)
    assert kinds(history, Allowed(resends=True, overlaps=True, parked=True)) == []


def test_messages_said_at_the_same_time_may_be_taken_either_way() -> None:
    history = a_history()
    _swap_turns(history)
    history.said[0].acked_at = 2.05
    assert kinds(history) == []


def test_an_excused_message_may_come_at_any_time() -> None:
    history = a_history()
    _swap_turns(history)
    history.said[0].is_excused = True
    assert "reordered" not in kinds(history)
