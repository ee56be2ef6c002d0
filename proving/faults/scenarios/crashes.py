"""Crash points: a process dies, as by kill -9, at each named place in the verbs, once.

A supervisor starts again what has ended. How a run comes to a point is in crash_ways.py.
"""

from collections.abc import Callable
from pathlib import Path

from pipeline.crash import Point
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, SQLITE, Group, Scenario
from proving.faults.scenarios import crash_ways as ways

Way = Callable[[Run, Path], None]

# How each point is come to, and up to how many visits of one process it takes to die there.
WAYS: dict[Point, tuple[Way, int]] = {
    Point.RECEIVE_TAKEN: (ways.traffic, 5),
    Point.RECEIVE_INSERTED: (ways.traffic, 5),
    Point.RECEIVE_COMMITTED: (ways.traffic, 5),
    Point.RECEIVE_NOTIFIED: (ways.traffic, 5),
    Point.CONVERSE_CLAIMING: (ways.traffic, 5),
    Point.CONVERSE_CLAIMED: (ways.traffic, 5),
    Point.CONVERSE_TURNED: (ways.traffic, 5),
    Point.CONVERSE_RECORDING: (ways.traffic, 5),
    Point.CONVERSE_RECORDED: (ways.traffic, 5),
    Point.CONVERSE_BLAMING: (ways.a_reply_that_cannot_be_recorded, 1),
    Point.CONVERSE_CONSENTING: (ways.stop_and_start, 5),
    Point.CONVERSE_NOTIFIED: (ways.traffic, 5),
    Point.DISPATCH_CLAIMING: (ways.traffic, 5),
    Point.DISPATCH_CLAIMED: (ways.traffic, 5),
    Point.DISPATCH_CALLED: (ways.one_by_one, 5),
    Point.DISPATCH_LOOKED_UP: (ways.answers_that_got_lost, 3),
    Point.DISPATCH_RECORDING: (ways.one_by_one, 5),
    Point.DISPATCH_RECORDED: (ways.traffic, 5),
    Point.DISPATCH_MERGING: (ways.traffic, 5),
    Point.CLOCK_MOVING_TIMERS: (ways.reminders, 2),
    Point.CLOCK_MOVED_TIMERS: (ways.reminders, 2),
    Point.CLOCK_PULLING: (ways.missed_messages, 1),
    Point.CLOCK_PRUNING: (ways.old_entries, 1),
    Point.CLOCK_FOLDING: (ways.counts, 1),
    Point.OVERRIDE_MOVING: (ways.a_state_set_by_hand, 1),
    Point.OVERRIDE_HOLDING: (ways.a_hold, 1),
    Point.OVERRIDE_WRITING: (ways.words_of_an_operator, 1),
    Point.OVERRIDE_RERUNNING: (ways.a_turn_run_again, 1),
}
_QUICK = {Point.RECEIVE_COMMITTED, Point.CONVERSE_RECORDED, Point.CLOCK_MOVED_TIMERS}
_QUICK |= {Point.DISPATCH_CALLED, Point.DISPATCH_RECORDING}
_CORE = {Point.CONVERSE_RECORDING, Point.DISPATCH_CALLED}
# Other calls are under way beside the one: of those nobody knows, so they are looked up 15 s and
# 35 s after they began, and what Twilio never had is sent again, and counted.
_UNKNOWN = {Point.DISPATCH_CLAIMING, Point.DISPATCH_CLAIMED, Point.DISPATCH_LOOKED_UP}
_UNKNOWN |= {Point.DISPATCH_RECORDED, Point.DISPATCH_MERGING}
_OBEYED = {Point.CONVERSE_BLAMING, Point.CLOCK_MOVING_TIMERS, Point.CLOCK_MOVED_TIMERS}
_OBEYED |= {Point.OVERRIDE_MOVING, Point.OVERRIDE_RERUNNING}
# They are reached through a trigger that PostgreSQL has and SQLite lacks.
_ON_POSTGRESQL = {Point.CONVERSE_BLAMING, Point.OVERRIDE_RERUNNING}

scenario = Group("crashes", [])


def _add(point: Point, way: Way, most_visits: int) -> None:
    def play(run: Run) -> None:
        mark = run.crash_at(point, run.draw.randint(1, most_visits))
        with run.supervised():
            way(run, mark)

    what = f"A process dies at {point}, for the first time it comes there or a later one."
    added = Scenario(
        f"crash {point}",
        what,
        scenario.name,
        play,
        kinds=ON_POSTGRESQL if point in _ON_POSTGRESQL else (*ON_POSTGRESQL, SQLITE),
        drained_within_seconds=90.0 if point in _UNKNOWN else 30.0,
        is_quick=point in _QUICK,
        is_core=point in _CORE,
        is_obeyed=point in _OBEYED,
    )
    scenario.scenarios.append(added)


for _point, (_way, _most_visits) in WAYS.items():
    _add(_point, _way, _most_visits)
