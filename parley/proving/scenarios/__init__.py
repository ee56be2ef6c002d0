"""The scenarios, one module for each group; ALL is every one of them."""

from parley.proving.scenario import Scenario
from parley.proving.scenarios import broker, outages, receiver, whole

ALL: tuple[Scenario, ...] = tuple(
    scenario
    for module in (broker, outages, receiver, whole)
    for scenario in module.scenario.scenarios
)
