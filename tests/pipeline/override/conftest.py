"""A simulator that runs the builders' bot, for the operator's verbs."""

import pytest

from pipeline.database import Database
from pipeline.runtime import Runtime
from tests.builders import a_runtime


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """A simulator that runs the builders' bot."""
    return a_runtime(database)
