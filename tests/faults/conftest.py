"""A stack on PostgreSQL and Redis for each test, with the bot that counts; nothing runs yet."""

from collections.abc import Iterator

import pytest

from tests.stack import Stack
from tests.stack.fixtures import MakeStack


@pytest.fixture
def stack(make_stack: MakeStack) -> Iterator[Stack]:
    """To be started by the test."""
    with make_stack("postgresql + redis", BOT="tests.bots_for_tests:bot") as made:
        yield made
