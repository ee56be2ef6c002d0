"""Orders are found and told of with their files; photos of damage reach a human."""

import pytest
from hypothesis import given, settings

from bots.examples.orders import SHIPPED_SID, SHOP, OrderNumber, bot
from pipeline.botkit import NotUnderstood, Tester, both_channels
from pipeline.botkit.testing.fuzzing import FuzzRun, fuzz

PHOTO = "https://example.com/crack.jpg"


def test_bot_has_no_problems() -> None:
    assert bot.check() == []


@pytest.mark.parametrize("text", ["1001", "#1001", "my order 1001, please"])
def test_number_is_found_in_a_sentence(text: str) -> None:
    assert OrderNumber().read(text) == "1001"


@pytest.mark.parametrize("text", ["", "100", "10011", "1001 or 1002", "١٠٠١"])
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(NotUnderstood):
        OrderNumber().read(text)


@pytest.mark.parametrize(
    ("number", "said", "file"),
    [
        ("1001", "Blue mug: we are packing it…", f"{SHOP}/photos/mug.jpg"),
        ("1002", "Desk lamp: on its way to you.…", None),
        ("1003", "Wool blanket: it has arrived.", f"{SHOP}/bills/1003.pdf"),
    ],
)
def test_order_is_told_with_its_file(number: str, said: str, file: str | None) -> None:
    for talk in both_channels(bot):
        talk.hears("hi").hears(number).says(said, media=file).in_state("order")


def test_link_can_be_tapped_on_whatsapp() -> None:
    talk = Tester(bot, "whatsapp").hears("hi").hears("1002")
    link = talk.talk.replies[0].content["link"]
    assert link == {"url": f"{SHOP}/track/1002", "title": "Track it"}


def test_packed_order_is_announced_a_day_later() -> None:
    talk = Tester(bot, "whatsapp").hears("hi").hears("1001").after(days=1)
    talk.says("Order 1001 leaves us today.").in_state("order")
    assert talk.talk.replies[0].content["content_sid"] == SHIPPED_SID


@pytest.mark.parametrize("way", [["order"], ["order", "it is broken"]])
def test_photo_of_damage_reaches_a_human(way: list[str]) -> None:
    for talk in both_channels(bot):
        talk.hears("hi").hears("1003")
        for text in way:
            talk.hears(text)
        talk.hears("cracked", media=PHOTO).handed_over("order 1003 is damaged: cracked")
        talk.has_data(photos=[PHOTO]).handed_back().hears("hi").says("This is about order 1003.…")


def test_damage_without_a_photo_reaches_a_human_too() -> None:
    talk = Tester(bot).hears("hi").hears("1003").hears("broken").says("I am sorry!…")
    talk.after(hours=1).says("A photo of the damage helps…").hears("no photo")
    talk.handed_over("order 1003 is damaged, no photo").in_state("order")


def test_next_day_is_about_another_order() -> None:
    talk = Tester(bot).hears("hi").hears("1002").after(days=1, minutes=1).hears("1003")
    talk.says("What is the number of your order?…")


@settings(max_examples=25, deadline=None)
@given(fuzz(bot, texts=["1001", "1002", "1003"]))
def test_fuzzing_never_breaks_the_bot(run: FuzzRun) -> None:
    run.check()
