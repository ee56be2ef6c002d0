"""Periodic rings are due by a clock that does not jump."""

from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery

import celeryconfig
from workers import beat
from workers.beat import SteadyEntry, SteadyScheduler, steady_now


@pytest.fixture
def scheduler() -> SteadyScheduler:
    """Of an app whose own clock, the machine's, was set back by an hour."""
    app = Celery("test", set_as_current=False)
    app.config_from_object("celeryconfig")
    app.now = lambda: datetime.now(UTC) - timedelta(hours=1)
    return SteadyScheduler(app=app, lazy=False)


def test_steady_clock_goes_on() -> None:
    before = steady_now()
    assert timedelta() < steady_now() - before < timedelta(seconds=5)
    assert abs(steady_now() - datetime.now(UTC)) < timedelta(minutes=5)


def test_wall_clock_set_back_keeps_nothing_waiting(scheduler: SteadyScheduler) -> None:
    for name, planned in celeryconfig.beat_schedule.items():
        entry = scheduler.schedule[name]
        entry.last_run_at = steady_now()
        wait = entry.is_due().next
        assert 0 < wait <= planned["schedule"], f"{name} would wait {wait} s"


def test_next_entry_is_steady_too(scheduler: SteadyScheduler) -> None:
    entry = next(scheduler.schedule["move due timers"])
    assert isinstance(entry, SteadyEntry)
    assert entry.schedule.nowfun is beat.steady_now
    assert abs(entry.last_run_at - steady_now()) < timedelta(seconds=5)
