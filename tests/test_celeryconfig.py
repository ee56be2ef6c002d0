"""The clock's schedule: what runs as soon as it starts, and what waits for its time."""

from celery import Celery
from celery.beat import Scheduler


def test_clock_pulls_as_it_starts() -> None:
    app = Celery("clock", set_as_current=False)
    app.config_from_object("celeryconfig")
    schedule = Scheduler(app=app).schedule
    due = [name for name, entry in schedule.items() if entry.is_due().is_due]
    assert due == ["pull missed inbound messages"]
