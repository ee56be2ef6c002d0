"""A broken build is noticed by the suite itself; `parley prove --broken all` shows it for each."""

import pytest

from proving.faults.breakages import BREAKAGES
from proving.faults.proof import prove
from proving.faults.run import Plan
from proving.faults.scenarios import ALL
from proving.faults.shelf import Shelf

BY_NAME = {scenario.name: scenario for scenario in ALL}
QUICK = [name for name, breakage in BREAKAGES.items() if breakage.is_quick]


@pytest.mark.parametrize("name", QUICK)
def test_a_broken_build_is_noticed(name: str, shelf: Shelf) -> None:
    scenario = BY_NAME[BREAKAGES[name].scenario]
    result = prove(Plan(scenario, scenario.kinds[0], broken=name), shelf)
    assert result.is_proved, (result.found, result.error, result.violations)


def test_each_breakage_has_a_scenario() -> None:
    assert [b.scenario for b in BREAKAGES.values() if b.scenario not in BY_NAME] == []
