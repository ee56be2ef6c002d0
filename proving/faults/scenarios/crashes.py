"""Crash points: a process dies, as by kill -9, at each named place in the verbs, once.

A supervisor starts again what has ended. How a run comes to a point is in crash_drivers.py.
"""

from collections.abc import Callable
from pathlib import Path

from pipeline.crash import Point
from proving.faults.run import Run
from proving.faults.scenario import ON_POSTGRESQL, SQLITE, Group, Scenario
from proving.faults.scenarios import crash_drivers as drivers
from proving.faults.scenarios import crash_merging

Driver = Callable[[Run, Path], None]

# How each point is come to, and up to how many visits of one process it takes to die there.
DRIVERS: dict[Point, tuple[Driver, int]] = {
    Point.RECEIVE_TAKEN: (drivers.traffic, 5),
    Point.RECEIVE_INSERTED: (drivers.traffic, 5),
    Point.RECEIVE_COMMITTED: (drivers.traffic, 5),
    Point.RECEIVE_NOTIFIED: (drivers.traffic, 5),
    Point.CONVERSE_CLAIMING: (drivers.traffic, 5),
    Point.CONVERSE_CLAIMED: (drivers.traffic, 5),
    Point.CONVERSE_TURNED: (drivers.traffic, 5),
    Point.CONVERSE_RECORDING: (drivers.traffic, 5),
    Point.CONVERSE_RECORDED: (drivers.traffic, 5),
    Point.CONVERSE_BLAMING: (drivers.a_reply_that_cannot_be_recorded, 1),
    Point.CONVERSE_JOINING: (crash_merging.two_who_are_one, 5),
    Point.CONVERSE_CONSENTING: (drivers.stop_and_start, 5),
    Point.CONVERSE_NOTIFIED: (drivers.traffic, 5),
    Point.DISPATCH_CLAIMING: (drivers.traffic, 5),
    Point.DISPATCH_CLAIMED: (drivers.traffic, 5),
    Point.DISPATCH_CALLED: (drivers.one_by_one, 5),
    Point.DISPATCH_LOOKED_UP: (drivers.answers_that_got_lost, 3),
    Point.DISPATCH_RECORDING: (drivers.one_by_one, 5),
    Point.DISPATCH_RECORDED: (drivers.traffic, 5),
    Point.DISPATCH_MERGING: (drivers.traffic, 5),
    Point.CLOCK_MOVING_TIMERS: (drivers.reminders, 2),
    Point.CLOCK_MOVED_TIMERS: (drivers.reminders, 2),
    Point.CLOCK_PULLING: (drivers.missed_messages, 1),
    Point.CLOCK_PRUNING: (drivers.old_entries, 1),
    Point.CLOCK_FOLDING: (drivers.counts, 1),
    Point.OVERRIDE_MOVING: (drivers.a_state_set_by_hand, 1),
    Point.OVERRIDE_TAKING_OVER: (drivers.a_hold, 1),
    Point.OVERRIDE_WRITING: (drivers.operator_message, 1),
    Point.OVERRIDE_RERUNNING: (drivers.a_turn_run_again, 1),
    Point.OVERRIDE_MERGING: (crash_merging.a_merge, 1),
    Point.OVERRIDE_SPLITTING: (crash_merging.a_split, 1),
}
_QUICK = {Point.RECEIVE_COMMITTED, Point.CONVERSE_RECORDED, Point.CLOCK_MOVED_TIMERS}
_QUICK |= {Point.DISPATCH_CALLED, Point.DISPATCH_RECORDING}
_CORE = {Point.CONVERSE_RECORDING, Point.DISPATCH_CALLED}
# Other calls are in flight too: their outcome is unknown, so they are looked up 15 s and
# 35 s after they began, and what Twilio never had is sent again, and counted.
_UNKNOWN = {Point.DISPATCH_CLAIMING, Point.DISPATCH_CLAIMED, Point.DISPATCH_LOOKED_UP}
_UNKNOWN |= {Point.DISPATCH_RECORDED, Point.DISPATCH_MERGING}
_OBEYED = {Point.CONVERSE_BLAMING, Point.CLOCK_MOVING_TIMERS, Point.CLOCK_MOVED_TIMERS}
_OBEYED |= {Point.OVERRIDE_MOVING, Point.OVERRIDE_RERUNNING}
# They are reached through a trigger that PostgreSQL has and SQLite lacks.
_ON_POSTGRESQL = {Point.CONVERSE_BLAMING, Point.OVERRIDE_RERUNNING}

scenario = Group("crashes", [])


def _add(point: Point, driver: Driver, most_visits: int) -> None:
    def play(run: Run) -> None:
        mark = run.crash_at(point, run.draw.randint(1, most_visits))
        with run.supervised():
            driver(run, mark)

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
        needs_counting_bot=point in _OBEYED,
    )
    scenario.scenarios.append(added)


for _point, (_driver, _most_visits) in DRIVERS.items():
    _add(_point, _driver, _most_visits)
