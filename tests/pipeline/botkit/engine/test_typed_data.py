"""`Bot(data=...)`: an instance of the author's class, checked and migrated when it is loaded."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from pydantic import BaseModel, Field

from pipeline.botkit import Bot, Date, Number, Tester, Turn
from pipeline.botkit.definition import Next
from pipeline.errors import BotDefinitionError, BotError
from tests.pipeline.botkit.situations import a_situation


class Booking(BaseModel):
    name: str = ""
    day: date | None = None
    guests: int = Field(default=1, ge=1, le=8)
    notes: list[str] = []


@dataclass
class Order:
    placed_at: datetime | None = None
    price: Decimal = Decimal(0)
    lines: dict[str, int] = field(default_factory=dict)


def booking_bot(**settings: Any) -> Bot[Booking]:
    bot = Bot("booking", start="start", data=Booking, **settings)

    @bot.awaits("start")
    def start(turn: Turn[Booking]) -> str | None:
        turn.data.name = turn.message.text
        turn.data.notes.append("hi")
        return "ask_day" if turn.says("day") else None

    bot.asks("ask_day", "Which day?", Date(), into="day", then="ask_guests")
    bot.asks("ask_guests", "How many?", Number(), into="guests", then="start")
    return bot


def test_data_is_an_instance_and_stored_as_json() -> None:
    stored: dict[str, Any] = {"name": "Bo", "day": "2030-01-08", "guests": 2, "notes": []}
    outcome = booking_bot().respond(a_situation("Ada", data=stored))
    assert outcome.data == {"name": "Ada", "day": "2030-01-08", "guests": 2, "notes": ["hi"]}
    assert stored["notes"] == []


def test_missing_fields_take_their_defaults() -> None:
    outcome = booking_bot().respond(a_situation("Ada", data={"guests": 3}))
    assert outcome.data == {"name": "Ada", "day": None, "guests": 3, "notes": ["hi"]}


def test_answers_become_the_type_of_the_field() -> None:
    seen: list[object] = []
    bot = booking_bot()

    @bot.middleware
    def note(turn: Turn[Booking], call_next: Next) -> object:
        seen.append(turn.data.day)
        return call_next(turn)

    tester = Tester(bot).hears("day").hears("24.6.2030").has_data(day="2030-06-24")
    tester.hears("3").has_data(guests=3)
    assert seen[-1] == date(2030, 6, 24)


def test_answer_that_does_not_fit_the_field_is_told() -> None:
    with pytest.raises(BotError, match="does not fit Booking: guests: Input should be less"):
        booking_bot().respond(a_situation("30", state="ask_guests"))


def test_dataclass_serves_too() -> None:
    bot = Bot("shop", start="start", data=Order)

    @bot.awaits("start")
    def start(turn: Turn[Order]) -> None:
        turn.data.price += Decimal("1.10")
        turn.data.placed_at = turn.now
        turn.data.lines["tea"] = 2

    data = bot.respond(a_situation(data={"price": "2.20"})).data
    assert data == {"price": "3.30", "placed_at": "2030-01-07T09:00:00Z", "lines": {"tea": 2}}
    assert bot.respond(a_situation(data=data)).data["price"] == "4.40"


def test_data_that_does_not_fit_names_field_and_remedy() -> None:
    with pytest.raises(BotError) as raised:
        booking_bot().respond(a_situation(data={"guests": "many"}))
    said = str(raised.value)
    assert said.startswith(
        'bot "booking", state "start", tests/pipeline/botkit/engine/test_typed_data.py'
    )
    assert "does not fit Booking: guests: Input should be a valid integer" in said
    assert "add migrate= to Bot(), a function that gets" in said


def renamed_field(raw: dict[str, Any]) -> dict[str, Any]:
    raw["name"] = raw.pop("who")
    return raw


@pytest.mark.parametrize("stored", [{"who": "Bo"}, {"who": "Bo", "guests": 2}])
def test_old_data_is_migrated(stored: dict[str, Any]) -> None:
    bot = Bot("b", start="start", data=Booking, migrate=renamed_field)

    @bot.awaits("start")
    def start(turn: Turn[Booking]) -> None:
        turn.say(turn.data.name)

    assert bot.respond(a_situation(data=stored)).replies[0].body == "Bo"
    assert "who" in stored


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({"guests": "many"}, "migrate=: KeyError('who')"),
        ({"who": 7}, "correct migrate=, the function"),
    ],
)
def test_migration_that_fails_is_told(stored: dict[str, Any], words: str) -> None:
    with pytest.raises(BotError) as raised:
        booking_bot(migrate=renamed_field).respond(a_situation(data=stored))
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda turn: setattr(turn.data, "guests", "many"), "turn.data does not fit Booking"),
        (lambda turn: setattr(turn, "data", {}), "must stay a Booking, not dict"),
        (lambda turn: setattr(turn.data, "gests", 2), 'no field "gests"'),
    ],
)
def test_wrong_value_is_told_when_it_is_stored(spoil: Any, words: str) -> None:
    bot = Bot("b", start="start", data=Booking)

    @bot.awaits("start")
    def start(turn: Turn[Booking]) -> None:
        spoil(turn)

    with pytest.raises(BotError, match=words):
        bot.respond(a_situation())


class Strict(BaseModel):
    name: str


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (Strict, "data=Strict: name: Field required; a conversation starts without data, so give"),
        (cast("type[Any]", datetime), "must be a pydantic model or a dataclass, not datetime"),
    ],
)
def test_class_that_cannot_begin_is_refused(shape: type[Any], words: str) -> None:
    with pytest.raises(BotDefinitionError, match=words):
        Bot("b", start="start", data=shape)


def test_texts_are_storable() -> None:
    outcome = booking_bot().respond(a_situation("a\x00b"))
    assert outcome.data["name"] == "a\ufffdb"


def test_moments_come_back_as_they_were() -> None:
    bot = Bot("shop", start="start", data=Order)
    seen: list[datetime | None] = []
    bot.awaits("start")(lambda turn: seen.append(turn.data.placed_at))
    bot.respond(a_situation(data={"placed_at": "2030-01-07T09:00:00Z"}))
    assert seen == [datetime(2030, 1, 7, 9, tzinfo=UTC)]
