"""A shelf of servers that scenarios may kill."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from proving.faults.server_pool import ServerPool


@pytest.fixture(scope="session")
def servers() -> Iterator[ServerPool]:
    """Started when they are first needed."""
    # pytest's own folder is closed to the user whom PostgreSQL runs as.
    with TemporaryDirectory(prefix="parley-shelf-", ignore_cleanup_errors=True) as folder:
        made = ServerPool(Path(folder))
        yield made
        made.close()
