"""Typed data loses nothing: nested renames are migrated, unknown fields are carried along."""

from dataclasses import dataclass, field
from typing import Any

from pipeline.botkit import Bot
from pipeline.botkit.data import Schema
from tests.pipeline.botkit.situations import a_situation


@dataclass
class Address:
    town: str = ""


@dataclass
class Order:
    address: Address = field(default_factory=Address)


def to_town(stored: dict[str, Any]) -> dict[str, Any]:
    return {"address": {"town": stored["address"]["city"]}}


def test_a_renamed_nested_field_is_migrated() -> None:
    loaded = Schema(Order, to_town).load({"address": {"city": "Rome"}})
    assert loaded == Order(Address("Rome"))


def test_a_field_of_newer_code_is_carried_along() -> None:
    bot = Bot("b", start="start", data=Order)
    bot.awaits("start")(lambda turn: turn.say("hi"))
    outcome = bot.respond(a_situation(data={"address": {"town": "Rome"}, "newer": 1}))
    assert outcome.data == {"address": {"town": "Rome"}, "newer": 1}
