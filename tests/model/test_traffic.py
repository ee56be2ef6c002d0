"""The machine lets everything happen in any order, and no promise breaks on the way."""

from collections.abc import Callable

import pytest

from tests.model.running import MORE_EXAMPLES, play
from tests.model.world import World

CORNERS = {
    "a NUL in a shared INSERT",
    "a contact made by somebody else during its first turn",
    "a duplicate after its row was handled",
    "a poison message beside innocents",
    "a result that comes after its lease",
    "a timer due just after a message",
    "a turn that comes after its lease",
    "a version lost to an operator",
    "two first messages of a new contact",
}


@pytest.mark.timeout(600 + 4 * MORE_EXAMPLES)
def test_promises_hold_in_any_order(make_world: Callable[[], World]) -> None:
    reached = play(make_world)
    assert CORNERS - set(reached) == set(), f"not reached; reached: {reached}"
