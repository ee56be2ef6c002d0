"""A broken build is noticed by the suite itself; `parley prove --broken all` shows it for each."""

import pytest

from proving.faults.mutations import MUTATIONS
from proving.faults.proof import prove
from proving.faults.run import Plan
from proving.faults.scenarios import ALL
from proving.faults.server_pool import ServerPool

BY_NAME = {scenario.name: scenario for scenario in ALL}
QUICK = [name for name, mutation in MUTATIONS.items() if mutation.is_quick]


@pytest.mark.parametrize("name", QUICK)
def test_a_broken_build_is_noticed(name: str, servers: ServerPool) -> None:
    scenario = BY_NAME[MUTATIONS[name].scenario]
    result = prove(Plan(scenario, scenario.kinds[0], broken=name), servers)
    assert result.is_proved, (result.found, result.error, result.violations)


def test_each_breakage_has_a_scenario() -> None:
    assert [b.scenario for b in MUTATIONS.values() if b.scenario not in BY_NAME] == []
