"""One running stack for each kind, shared by the journeys: each test has contacts of its own."""

from collections.abc import Iterator

import pytest

from proving.faults import EVERYTHING, Stack
from tests.stack.fixtures import KINDS, MakeStack

SHARED = {"stack", "crowd", "shop"}


def pytest_itemcollected(item: pytest.Function) -> None:
    """Let one process run all tests of a running stack, so that it is started once."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    for name in SHARED & params.keys():
        item.add_marker(pytest.mark.xdist_group(f"{name}: {params[name]}"))


@pytest.fixture(scope="package", params=KINDS)
def stack(request: pytest.FixtureRequest, make_stack: MakeStack) -> Iterator[Stack]:
    """Every process of the Procfile, with the template bot."""
    with make_stack(request.param) as running:
        running.start(*EVERYTHING)
        yield running
