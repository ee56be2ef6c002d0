"""The scenarios, one module for each group; ALL is every one of them."""

from parley.proving.scenario import Scenario
from parley.proving.scenarios import broker, crashes, refusals, sender, whole

ALL: tuple[Scenario, ...] = (
    *broker.scenario.scenarios,
    *crashes.scenario.scenarios,
    *sender.scenario.scenarios,
    *refusals.scenario.scenarios,
    *whole.scenario.scenarios,
)
