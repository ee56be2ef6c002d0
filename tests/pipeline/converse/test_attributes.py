"""A turn's changes to the contact's attributes: saved with it, once, next to those of others."""

from typing import Any

import pytest
from sqlalchemy import Row

from pipeline import override
from pipeline.botkit import Turn
from pipeline.records.core.contacts import Contact
from pipeline.runtime import Runtime
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, Stage


def contact(stage: Stage, key: str = ADA) -> Row[Any]:
    found = rows(stage.database, Contact)
    return next(row for row in found if row.key == key)


def counts(turn: Turn) -> None:
    known = turn.contact.attributes
    known["visits"] = known.get("visits", 0) + 1
    known["seen"] = [*known.get("seen", []), turn.message.text]
    turn.say(f"{known['visits']}")


def test_changes_are_saved_and_read_by_the_next_turn(stage: MakeStage) -> None:
    s = stage(counts)
    s.hears("one")
    s.hears("two")
    s.converse()
    assert contact(s).attributes == {"visits": 2, "seen": ["one", "two"]}
    s.hears("three")
    s.converse()
    assert contact(s).attributes == {"visits": 3, "seen": ["one", "two", "three"]}
    assert s.replies == ["1", "2", "3"]


def test_a_turn_that_fails_changes_nothing(stage: MakeStage) -> None:
    def fails_once(turn: Turn) -> None:
        counts(turn)
        failed.append(turn.message.text)
        if len(failed) == 2:
            raise LookupError

    failed: list[str] = []
    s = stage(fails_once)
    s.hears("one")
    s.converse()
    s.hears("two")
    s.converse()
    assert contact(s).attributes["visits"] == 1
    s.ticks(2)
    s.converse()
    assert contact(s).attributes == {"visits": 2, "seen": ["one", "two"]}


def change(runtime: Runtime, who: Row[Any], **attributes: str) -> None:
    override.change_contact(runtime, who.id, actor="operator", attributes=attributes)


def test_an_operator_changes_another_attribute_while_the_turn_runs(stage: MakeStage) -> None:
    def interrupted(turn: Turn) -> None:
        counts(turn)
        if turn.message.text == "two":
            change(s.runtime, contact(s), plan="7")

    s = stage(interrupted)
    s.hears("one")
    s.converse()
    s.hears("two")
    s.converse()
    assert contact(s).attributes == {"visits": 2, "seen": ["one", "two"], "plan": "7"}


@pytest.mark.parametrize("profile_name", ["", "Ada L.", "ada 🦄"])
def test_an_operator_renames_the_contact_while_the_turn_runs(
    stage: MakeStage, profile_name: str
) -> None:
    def interrupted(turn: Turn) -> None:
        if turn.message.text == "two":
            override.change_contact(s.runtime, contact(s).id, actor="operator", name="Ada Lovelace")

    s = stage(interrupted)
    s.hears("one", profile_name="Ada L.")
    s.converse()
    assert contact(s).name == "Ada L."
    s.hears("two", profile_name=profile_name)
    s.converse()
    assert contact(s).name == "Ada Lovelace"


def test_a_new_profile_name_is_kept(stage: MakeStage) -> None:
    s = stage()
    for profile_name in ("Ada", "", "Ada L."):
        s.hears("hi", profile_name=profile_name)
        s.converse()
    assert contact(s).name == "Ada L."


def test_same_attribute_in_a_race_runs_the_turn_again(stage: MakeStage) -> None:
    def sets(turn: Turn) -> None:
        ran.append(dict(turn.contact.attributes))
        if len(ran) == 2:
            change(s.runtime, contact(s), plan="silver")
        turn.contact.attributes["plan"] = "gold" if len(ran) == 2 else "none"

    ran: list[dict[str, object]] = []
    s = stage(sets)
    s.hears("one")
    s.converse()
    s.hears("two")
    s.converse()
    assert ran == [{}, {"plan": "none"}, {"plan": "silver"}]
    assert contact(s).attributes == {"plan": "none"}


def test_removed_and_renamed(stage: MakeStage) -> None:
    def acts(turn: Turn) -> None:
        if turn.says("forget"):
            del turn.contact.attributes["plan"]
        else:
            turn.contact.attributes.update(plan="gold", name="Ada")

    s = stage(acts)
    s.hears("hi")
    s.converse()
    assert (contact(s).attributes, contact(s).name) == ({"plan": "gold", "name": "Ada"}, "Ada")
    change(s.runtime, contact(s), city="Graz")
    s.hears("forget")
    s.converse()
    assert contact(s).attributes == {"name": "Ada", "city": "Graz"}
