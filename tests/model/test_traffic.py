"""The machine lets everything happen in any order, and no promise breaks on the way."""

from collections.abc import Callable

import pytest

from tests.model.running import MORE_EXAMPLES, play
from tests.model.world import World

# Any short run comes to these; test_interleavings.py walks to each corner by hand.
FREQUENT = {
    "a NUL in a shared INSERT",
    "a duplicate after its row was handled",
    "a poison message beside innocents",
    "a timer due just after a message",
}
RARE = {
    "a contact made by somebody else during its first turn",
    "a result that comes after its lease",
    "a turn that comes after its lease",
    "a version lost to an operator",
    "two first messages of a new contact",
}


@pytest.mark.timeout(600 + 4 * MORE_EXAMPLES)
def test_promises_hold_in_any_order(make_world: Callable[[], World]) -> None:
    reached = play(make_world)
    corners = FREQUENT | RARE if MORE_EXAMPLES else FREQUENT
    assert corners - set(reached) == set(), f"not reached; reached: {reached}"
