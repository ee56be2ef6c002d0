"""The whole install: everything is killed again and again, or runs for a long time."""

from parley.proving.run import Run
from parley.proving.scenario import Group
from parley.proving.traffic import numbered

scenario = Group("whole", [])


@scenario("F0 nothing happens", is_quick=True)
def nothing(run: Run) -> None:
    """Traffic without any fault: what a run looks like that has nothing to report."""
    run.start()
    run.traffic.crowd(numbered(run.people(40), 5))
