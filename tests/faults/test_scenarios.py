"""The scenarios that fit into CI; `make faults` plays all of them."""

import pytest

from proving.faults import report
from proving.faults.proof import prove
from proving.faults.run import Plan
from proving.faults.scenario import Scenario
from proving.faults.scenarios import ALL
from proving.faults.server_pool import KINDS, ServerPool
from tests.stack.fixtures import figure

QUICK = [scenario for scenario in ALL if scenario.is_quick]


@pytest.mark.parametrize("scenario", QUICK, ids=lambda scenario: scenario.name)
def test_every_promise_is_kept(scenario: Scenario, servers: ServerPool) -> None:
    result = prove(Plan(scenario, scenario.kinds[0]), servers)
    figure(report.beginning(result.plan) + report.ending(result).partition("\n")[0])
    assert result.is_proved, report.ending(result)


def test_names_tell_scenarios_apart() -> None:
    names = [scenario.name for scenario in ALL]
    assert len(names) == len(set(names))
    assert all(scenario.what and scenario.kinds for scenario in ALL)


def test_twelve_or_more_are_for_every_kind_of_install() -> None:
    core = [scenario for scenario in ALL if scenario.is_core]
    assert len(core) >= 12
    assert all(set(scenario.kinds) == set(KINDS) for scenario in core)
    assert not any(scenario.is_long for scenario in core)
