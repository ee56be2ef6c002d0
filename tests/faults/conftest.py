"""A stack for each test on the servers of this machine, and a shelf of servers of its own."""

from collections.abc import Iterator

import pytest

from parley.proving import Stack
from parley.proving.shelf import Shelf
from tests.stack.fixtures import BOT, MakeStack


@pytest.fixture
def stack(request: pytest.FixtureRequest, make_stack: MakeStack) -> Iterator[Stack]:
    """To be started by the test, which may ask for another kind."""
    with make_stack(getattr(request, "param", "postgresql + redis"), BOT=BOT) as made:
        yield made


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Servers that scenarios may kill."""
    made = Shelf(tmp_path_factory.mktemp("shelf"))
    yield made
    made.close()
