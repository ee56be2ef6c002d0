"""Typed data loses nothing: nested renames are migrated, unknown fields are carried along."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipeline.botkit import Bot, Turn
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


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
    known: str = ""


def test_an_extra_field_that_a_handler_removed_stays_away() -> None:
    bot = Bot("b", start="start", data=Loose)

    @bot.awaits("start")
    def start(turn: Turn[Loose]) -> None:
        assert turn.data.model_extra is not None
        turn.data.model_extra.clear()

    assert bot.respond(a_situation(data={"extra": 1})).data == {"known": ""}


def test_extra_fields_that_are_allowed_need_no_migrating() -> None:
    schema = Schema(Loose, lambda _stored: {"known": "migrated"})
    assert schema.load({"known": "a", "extra": 1}).known == "a"
