"""Worlds for tests: quiet ones, on a database in memory or on either database."""

import logging
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import structlog

from tests.model.world import World, a_template, a_world, in_memory


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of steps fail on purpose, and each would be logged."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(wrapper_class=before)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A world on SQLite, and one on PostgreSQL."""
    made = a_world(database_url)
    yield made
    made.close()


@pytest.fixture(scope="session")
def make_world() -> Iterator[Callable[[], World]]:
    """Makes worlds in memory."""
    template = a_template()
    yield partial(in_memory, template)
    template.dispose()
