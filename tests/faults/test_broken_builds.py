"""Each broken build is noticed by the suite itself, in the scenario that is made for it."""

import pytest

from parley.proving.breakages import BREAKAGES
from parley.proving.proof import prove
from parley.proving.run import Plan
from parley.proving.scenarios import ALL
from parley.proving.shelf import Shelf

BY_NAME = {scenario.name: scenario for scenario in ALL}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_build_is_reported(name: str, shelf: Shelf) -> None:
    breakage = BREAKAGES[name]
    scenario = BY_NAME[breakage.scenario]
    result = prove(Plan(scenario, scenario.kinds[0], seed=1, broken=name), shelf)
    kinds = {violation.kind for violation in result.violations}
    found = kinds | ({"error"} if result.error else set())
    assert found & breakage.found, (found, result.error, result.logs)
