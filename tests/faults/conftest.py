"""A stack on PostgreSQL and Redis for each test, with the bot that counts; nothing runs yet."""

from collections.abc import Iterator

import pytest

from parley.proving import Stack
from tests.stack.fixtures import BOT, MakeStack


@pytest.fixture
def stack(request: pytest.FixtureRequest, make_stack: MakeStack) -> Iterator[Stack]:
    """To be started by the test, which may ask for another kind."""
    with make_stack(getattr(request, "param", "postgresql + redis"), BOT=BOT) as made:
        yield made
