"""Delayed wake-ups: one thread for all of them, one wake-up for each tenth of a second."""

import threading
import time

import pytest

from pipeline.converse import delayed_notifier
from pipeline.converse.delayed_notifier import DelayedNotifier


def wait_for(notifier: DelayedNotifier) -> None:
    deadline = time.monotonic() + 5
    while notifier.waiting() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)


def test_one_thread_serves_all_delays() -> None:
    woken: list[str] = []
    notifier = DelayedNotifier(woken.append)
    before = threading.active_count()
    notifier.notify_in([0.1 * number for number in range(1, 30)])
    assert threading.active_count() <= before + 1
    assert notifier.waiting() >= 28


def test_wake_ups_of_one_moment_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delayed_notifier, "_IDLE_SECONDS", 0.05)
    woken: list[str] = []
    notifier = DelayedNotifier(woken.append)
    notifier.notify_in([0.15] * 5)
    notifier.notify_in([])
    wait_for(notifier)
    assert woken == ["converse"]
    time.sleep(0.2)
    # Its thread has ended; another begins with the next delay.
    notifier.notify_in([0.01])
    wait_for(notifier)
    assert woken == ["converse", "converse"]
