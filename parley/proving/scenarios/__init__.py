"""The scenarios, one module for each group; ALL is every one of them."""

from parley.proving.scenario import Scenario
from parley.proving.scenarios import (
    broker,
    database,
    operator,
    rabbitmq,
    rings,
    turns,
    whole,
    worker,
)

ALL: tuple[Scenario, ...] = (
    *broker.scenario.scenarios,
    *rabbitmq.scenario.scenarios,
    *rings.scenario.scenarios,
    *worker.scenario.scenarios,
    *turns.scenario.scenarios,
    *database.scenario.scenarios,
    *operator.scenario.scenarios,
    *whole.scenario.scenarios,
)
