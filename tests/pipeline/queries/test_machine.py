"""The bot's machine with the open conversations in each state."""

from pipeline.queries.machine import places
from pipeline.queries.states import StateCount
from tests.builders import a_bot


def test_every_state_of_the_bot_has_its_place() -> None:
    found = places(a_bot(), [StateCount("support", True, 3)])
    assert [(place.name, place.conversations) for place in found] == [
        ("start", 0),
        ("support", 3),
        ("greet", 0),
    ]
    assert all(place.node for place in found)


def test_state_that_only_the_database_knows_comes_last() -> None:
    place = places(a_bot(), [StateCount("abandoned", False, 2), StateCount("start", True, 1)])[-1]
    assert (place.name, place.node, place.conversations) == ("abandoned", None, 2)


def test_renamed_state_counts_under_its_new_name() -> None:
    bot = a_bot()
    bot.renamed("help", "support")
    bot.renamed("aid", "help")
    counts = [StateCount("support", True, 1), StateCount("help", False, 4)]
    place = places(bot, [*counts, StateCount("aid", False, 2)])[1]
    assert place.conversations == 7
    assert place.earlier == (("help", 4), ("aid", 2))
