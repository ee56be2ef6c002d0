"""A shelf of servers that scenarios may kill."""

from collections.abc import Iterator

import pytest

from parley.proving.shelf import Shelf


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Started when they are first needed."""
    made = Shelf(tmp_path_factory.mktemp("shelf"))
    yield made
    made.close()
