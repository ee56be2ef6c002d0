"""Floods: what one contact writes beyond a limit is parked, not lost; nobody else is touched."""

import pytest
from structlog.testing import capture_logs

from pipeline import override, sweep
from pipeline.botkit import Turn
from pipeline.converse.claim import claim
from pipeline.enums import Direction, EntryKind
from pipeline.queries import failures, queues
from pipeline.records import filing
from pipeline.records.core import inbox, lanes
from pipeline.records.core.messages import Message
from pipeline.records.stats import floods
from tests.builders import an_entry, an_inbound, rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, BOB, Stage, echo

REASON = "The contact had more than 3 messages waiting (MAX_WAITING_PER_CONTACT)."


def park(s: Stage, most: int = 3, *, everywhere: bool = False) -> int:
    return sweep.park_floods(s.database, most, everywhere=everywhere)


def flood(s: Stage, number: int, contact: str = ADA) -> None:
    """So many messages at once."""
    entries = [
        inbox.entry(an_inbound(str(n), contact_key=contact, phone=contact), {})
        | {"received_at": s.clock()}
        for n in range(number)
    ]
    with s.database.write() as connection:
        inbox.append(connection, entries)


def statuses(s: Stage, contact: str = ADA) -> list[str]:
    return [entry.status for entry in s.entries() if entry.lane == contact]


@pytest.mark.parametrize("everywhere", [False, True])
def test_what_is_beyond_the_limit_is_parked(stage: MakeStage, everywhere: bool) -> None:
    s = stage()
    flood(s, 3)
    flood(s, 5, BOB)
    assert park(s, everywhere=everywhere) == 2
    assert statuses(s) == ["waiting"] * 3
    assert statuses(s, BOB) == ["waiting"] * 3 + ["parked"] * 2
    with s.database.read() as connection:
        listed = failures.turns(connection, 0, 10)
        assert queues.parked(connection) == 2
    assert [(turn.lane, turn.error) for turn in listed] == [(BOB, REASON)] * 2
    assert [turn.handled_at for turn in listed] == [s.clock()] * 2
    assert park(s, everywhere=everywhere) == 0
    s.converse()
    assert sorted(s.replies) == ["0", "0", "1", "1", "2", "2"]


def test_flood_is_one_line_of_the_log_without_a_number(stage: MakeStage) -> None:
    s = stage()
    flood(s, 5)
    with capture_logs() as logged:
        park(s)
        park(s)
    assert logged == [
        {
            "event": "a flood was parked",
            "log_level": "warning",
            "contact": "+14…01",
            "messages": 2,
            "allowed": 3,
        }
    ]


def test_many_are_parked_in_small_transactions(stage: MakeStage) -> None:
    s = stage()
    flood(s, 1103)
    assert park(s) == 1100
    assert statuses(s) == ["waiting"] * 3 + ["parked"] * 1100


def test_flood_is_run_again_in_order(stage: MakeStage) -> None:
    s = stage()
    flood(s, 40)
    park(s)
    s.converse()
    assert override.rerun_all(s.runtime, actor="ada", lane=ADA) == 37
    # What somebody wants to be taken is not parked again.
    assert park(s) == 0
    assert park(s, everywhere=True) == 0
    s.converse()
    assert s.replies == [str(number) for number in range(40)]
    said = [row.body for row in rows(s.database, Message) if row.direction == "inbound"]
    assert sorted(said, key=int) == [str(number) for number in range(40)]


def test_flood_that_goes_on_beside_a_rerun_is_parked(stage: MakeStage) -> None:
    s = stage()
    flood(s, 6)
    park(s)
    override.rerun_all(s.runtime, actor="ada")
    flood(s, 2)
    assert park(s) == 2
    assert statuses(s) == ["waiting"] * 6 + ["parked"] * 2


def test_skipped_flood_stays_in_the_log(stage: MakeStage) -> None:
    s = stage()
    flood(s, 4)
    park(s)
    s.converse()
    override.skip(s.runtime, s.entries()[3].id, actor="ada")
    assert len([row for row in rows(s.database, Message) if row.direction == "inbound"]) == 4


def test_stop_is_heard_in_a_flood(stage: MakeStage) -> None:
    s = stage()
    flood(s, 5)
    s.hears("STOP", consent="stop")
    flood(s, 5)
    assert park(s) == 7
    s.converse()
    assert [entry.status for entry in s.entries() if entry.kind == "consent"] == ["handled"]
    assert s.lane("+14155550101").due_at is None


def test_timers_are_not_parked(stage: MakeStage) -> None:
    s = stage()
    flood(s, 5)
    s.puts_in(inbox.internal(EntryKind.TIMER, "1", ADA, {}))
    assert park(s) == 2
    assert statuses(s)[-1] == "waiting"


def test_turn_in_work_is_not_disturbed(stage: MakeStage) -> None:
    s = stage()
    flood(s, 40)
    held = claim(s.database, 8)
    assert len(held.works[0].entries) == 16
    assert park(s, 20) == 20
    drain = s.conversing()
    drain._take(held)
    assert statuses(s) == ["handled"] * 16 + ["waiting"] * 4 + ["parked"] * 20
    drain.drain()
    assert s.replies == [str(number) for number in range(20)]


def test_turn_whose_entry_was_parked_meanwhile_leaves_no_trace(stage: MakeStage) -> None:
    heard: list[str] = []

    def note(turn: Turn) -> None:
        heard.append(turn.message.text)
        echo(turn)

    s = stage(note)
    flood(s, 5)
    held = claim(s.database, 8)
    park(s)
    drain = s.conversing()
    drain._take(held)
    assert s.replies == []
    assert (s.lane().token, s.lane().attempts) == (None, 0)
    drain.drain()
    assert s.replies == ["0", "1", "2"]
    assert statuses(s) == ["handled"] * 3 + ["parked"] * 2
    assert heard == [*"01234", *"012"]


def test_message_in_back_off_is_not_parked(stage: MakeStage) -> None:
    def broken(_: Turn) -> None:
        raise RuntimeError("broken")

    s = stage(broken)
    flood(s, 1)
    s.converse()
    first = an_entry(s.database, lane=ADA, error="broken", attempts=1)
    flood(s, 3)
    assert park(s, 1) == 3
    assert [e.status for e in s.entries()] == ["waiting", "waiting", *["parked"] * 3]
    assert s.entries()[1].id == first.id


def test_what_a_claim_is_filing_is_parked_at_the_next_look(stage: MakeStage) -> None:
    """A claim locks entries and then their lane; whoever waited the other way round would hang."""
    s = stage()
    if s.database.is_sqlite:
        return  # one writer at a time
    flood(s, 5)
    with s.database.write() as connection:
        filing.file_new(connection, s.clock())
        assert park(s) == 0
        lanes.note(connection, Direction.INBOUND, [ADA], s.clock())
    assert park(s) == 2


def test_fewer_than_the_limit_are_not_looked_through(stage: MakeStage) -> None:
    s = stage()
    flood(s, 2)
    with s.database.read() as connection:
        assert floods.lately(connection, 3) == []
        assert floods.last_to_wait(connection, ADA, 3) is None


def test_others_are_answered_ahead_of_the_flood_before_them(stage: MakeStage) -> None:
    """Counted in turns, which the load of a machine cannot change."""
    others = {f"+1415555{number:04}" for number in range(2000, 2020)}
    heard: list[str | None] = []

    def note(turn: Turn) -> None:
        s.clock.pass_by(0.001)
        heard.append(turn.contact.phone)
        s.is_stopping = others <= set(heard)

    s = stage(note)
    flood(s, 3000)
    for other in others:
        flood(s, 1, other)
    s.converse()
    assert s.is_stopping
    # A few claims. When each filed 500 new entries, it was more than a hundred turns.
    assert heard.count(ADA) <= 4 * 16
