"""The scenarios, one module for each group or part of one; ALL is every one of them."""

from proving.faults.scenario import Scenario
from proving.faults.scenarios import (
    abuse,
    broker,
    callbacks,
    combined,
    crashes,
    database,
    limits,
    memory,
    operators,
    outages,
    persons,
    rabbitmq,
    receiver,
    refusals,
    sender,
    signatures,
    turns,
    visibility,
    wakeups,
    worker,
)

_MODULES = (
    combined,
    receiver,
    outages,
    signatures,
    callbacks,
    broker,
    rabbitmq,
    wakeups,
    worker,
    turns,
    visibility,
    database,
    operators,
    persons,
    sender,
    refusals,
    crashes,
    limits,
    abuse,
    memory,
)
ALL: tuple[Scenario, ...] = tuple(
    scenario for module in _MODULES for scenario in module.scenario.scenarios
)
