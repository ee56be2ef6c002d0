"""The benchmarks run in one test process: they share a Redis, which each of them empties."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let one process run all of them."""
    item.add_marker(pytest.mark.xdist_group("benchmarks"))
