"""A pytest plugin: a test with the mark `alone` runs while no other process of the run has a test.

Tests that measure time need it. The others share the room and take turns at the gate with it.
"""

import fcntl
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import pytest

# Any two files that all processes of a run have in common.
GATE, ROOM = Path(__file__), Path(__file__).with_name("__init__.py")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Wait until the test may run; its time-out counts from then."""
    is_alone = item.get_closest_marker("alone") is not None
    with ExitStack() as files:
        gate, room = (files.enter_context(path.open()) for path in (GATE, ROOM))
        _enter(gate, room, is_alone=is_alone)
        return (yield)


def _enter(gate: IO[str], room: IO[str], *, is_alone: bool) -> None:
    """Lock the room. Whoever waits for it holds the gate, so that nobody overtakes."""
    fcntl.flock(gate, fcntl.LOCK_EX)
    fcntl.flock(room, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
    fcntl.flock(gate, fcntl.LOCK_UN)
