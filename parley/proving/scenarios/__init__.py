"""The scenarios, one module for each group; ALL is every one of them."""

from parley.proving.scenario import Scenario
from parley.proving.scenarios import broker, callbacks, outages, receiver, signatures, whole

ALL: tuple[Scenario, ...] = tuple(
    scenario
    for module in (broker, callbacks, outages, receiver, signatures, whole)
    for scenario in module.scenario.scenarios
)
