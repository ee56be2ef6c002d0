"""The clock's worker as the Procfile starts it: what becomes of its beat when it is killed."""

import signal

from proving.faults.processes import eventually, family_of
from tests.processes import is_running
from tests.stack.fixtures import MakeStack


def test_the_beat_of_a_killed_worker_does_not_keep_running(make_stack: MakeStack) -> None:
    with make_stack("sqlite + embedded") as stack:
        (clock,) = stack.start("clock")
        beat = eventually(lambda: family_of(clock.pid)[1:], 20)
        clock.tell(signal.SIGKILL)
        eventually(lambda: not clock.is_running)
        eventually(lambda: not any(map(is_running, beat)))
