"""A shelf of servers that scenarios may kill."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from proving.faults.shelf import Shelf


@pytest.fixture(scope="session")
def shelf() -> Iterator[Shelf]:
    """Started when they are first needed."""
    # pytest's own folder is closed to the user whom PostgreSQL runs as.
    with TemporaryDirectory(prefix="parley-shelf-", ignore_cleanup_errors=True) as folder:
        made = Shelf(Path(folder))
        yield made
        made.close()
