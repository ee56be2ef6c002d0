"""Every kind a bot can say through the real stack, on both channels, and the answers to it."""

from collections.abc import Iterator

import pytest

from proving.faults import EVERYTHING, FakeContact, Stack, eventually, fake_contact
from tests.bot_of_every_kind import CAROUSEL, FILES, SAID, TEMPLATE
from tests.stack.fixtures import MakeStack

HINT = "Reply with a number."
DAYS = "\n".join(f"{n}. Day {n}" for n in range(1, 6))
MENU = "Morning\n1. Nine: early\n\nEvening\n2. Six"
LINK = "Track it: https://shop.example.com/orders/7"


@pytest.fixture(scope="module", params=["postgresql + redis", "sqlite + embedded"])
def shop(request: pytest.FixtureRequest, make_stack: MakeStack) -> Iterator[Stack]:
    """A running stack with the bot of every kind, whose templates Twilio knows."""
    with make_stack(request.param, BOT="tests.bot_of_every_kind:bot") as running:
        running.fake.contents.add({"types": {"twilio/text": {"body": "Hi {{1}}!"}}}, sid=TEMPLATE)
        actions = [[{"type": "QUICK_REPLY", "title": "Buy", "id": name}] for name in ("hat", "bag")]
        cards = [{"actions": action} for action in actions]
        carousel = {"twilio/carousel": {"body": "Look:", "cards": cards}}
        running.fake.contents.add({"types": carousel}, sid=CAROUSEL)
        running.start(*EVERYTHING)
        yield running


def heard(person: FakeContact, count: int) -> list[str]:
    """The next messages that came to a phone."""
    eventually(lambda: len(person.got) >= count, 15)
    assert len(person.got) == count
    return person.got


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("image", ["Well?", "A picture"]),
        ("document", ["Well?", "a.pdf"]),
        ("audio", ["Well?", ""]),
        ("buttons", [f"Well?\n\n1. Yes\n2. No\n{HINT}"]),
        ("many buttons", [f"Well?\n\n{DAYS}\n{HINT}"]),
        ("menu", [f"Well?\n\n{MENU}\n{HINT}"]),
        ("link", [f"Well?\n\n{LINK}"]),
        ("place", ["Well?", "Where are you?\nPlease send your location as text."]),
        ("cards", ["Well?", "Hat\nBlue felt\n1. Buy", f"Bag\n2. Buy\n{HINT}"]),
        ("approved cards", ["Well?", "Hat\nBlue felt\n1. Buy", f"Bag\n2. Buy\n{HINT}"]),
        ("template", ["Well?", "Hi Ada!"]),
    ],
)
def test_by_sms(shop: Stack, asked: str, expected: list[str]) -> None:
    person = fake_contact(shop)
    person.says(asked)
    assert heard(person, len(expected)) == expected
    eventually(lambda: {m["status"] for m in person.sent_to()} == {"delivered"})
    assert not any("ContentSid" in c.form for c in shop.fake.creates if c.to == person.address)


@pytest.mark.parametrize(
    ("asked", "expected", "type_of_content"),
    [
        ("image", ["Well?", "A picture"], ""),
        ("document", ["Well?", "a.pdf"], ""),
        ("audio", ["Well?", ""], ""),
        ("buttons", ["Well?"], "twilio/quick-reply"),
        ("many buttons", ["Well?"], "twilio/list-picker"),
        ("menu", ["Well?"], "twilio/list-picker"),
        ("link", ["Well?"], "twilio/call-to-action"),
        ("place", ["Well?", "Where are you?\nTap + or the paperclip, then Location."], ""),
        ("cards", ["Hat\nBlue felt", "Bag", "Well?"], "twilio/quick-reply"),
        ("approved cards", ["Look:"], "twilio/carousel"),
        ("template", ["Well?", "Hi Ada!"], "twilio/text"),
    ],
)
def test_by_whatsapp(shop: Stack, asked: str, expected: list[str], type_of_content: str) -> None:
    person = fake_contact(shop, "whatsapp")
    person.says(asked)
    assert heard(person, len(expected)) == expected
    eventually(lambda: {m["status"] for m in person.sent_to()} == {"delivered"})
    last = [create for create in shop.fake.creates if create.to == person.address][-1]
    if type_of_content:
        assert type_of_content in shop.fake.contents.all[last.form["ContentSid"]]["types"]
    else:
        assert "ContentSid" not in last.form


@pytest.mark.parametrize("asked", ["image", "document", "audio", "cards"])
@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_files_go_out_by_their_addresses(shop: Stack, asked: str, channel: str) -> None:
    person = fake_contact(shop, channel)
    person.says(asked)
    heard(person, 3 if asked == "cards" else 2)
    files = [c.form.get("MediaUrl", "") for c in shop.fake.creates if c.to == person.address]
    assert sum(address.startswith(FILES) for address in files) == (2 if asked == "cards" else 1)


OFFERS = [
    ("buttons", "no", 1),
    ("many buttons", "day2", 1),
    ("menu", "18", 1),
    ("cards", "bag", 3),
]


@pytest.mark.parametrize(("asked", "choice", "count"), [*OFFERS, ("approved cards", "bag", 1)])
def test_a_tap_is_picked(shop: Stack, asked: str, choice: str, count: int) -> None:
    person = fake_contact(shop, "whatsapp")
    person.says(asked)
    heard(person, count)
    person.taps(choice)
    assert heard(person, count + 1)[-1] == f"picked {choice}"


@pytest.mark.parametrize(("asked", "choice", "count"), OFFERS)
@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize("answer", ["2", "٢", "२)", "２"])
def test_a_number_in_any_script_is_picked(
    shop: Stack, asked: str, choice: str, count: int, channel: str, answer: str
) -> None:
    person = fake_contact(shop, channel)
    person.says(asked)
    heard(person, count)
    person.says(answer)
    assert heard(person, count + 1)[-1] == f"picked {choice}"


@pytest.mark.parametrize(
    ("asked", "answer", "choice", "count"),
    [
        ("buttons", "NO!", "no", 1),
        ("many buttons", "day  2", "day2", 1),
        ("menu", "ｓｉｘ", "18", 1),
        ("cards", "bag: buy", "bag", 3),
    ],
)
@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_a_title_in_any_case_and_width_is_picked(
    shop: Stack, asked: str, answer: str, choice: str, count: int, channel: str
) -> None:
    person = fake_contact(shop, channel)
    person.says(asked)
    heard(person, count)
    person.says(answer)
    assert heard(person, count + 1)[-1] == f"picked {choice}"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"Latitude": "52.5", "Longitude": "13.4", "Label": "Cafe", "Address": "1 High Street"},
            "at 52.5 Cafe, 1 High Street",
        ),
        (
            {"NumMedia": "1", "MediaUrl0": "https://m/1", "MediaContentType0": "text/vcard"},
            "contact_card text/vcard",
        ),
        (
            {"NumMedia": "1", "MediaUrl0": "https://m/1", "MediaContentType0": "image/jpeg"},
            "media image/jpeg",
        ),
    ],
)
def test_places_cards_and_pictures_are_heard(
    shop: Stack, fields: dict[str, str], told: str
) -> None:
    person = fake_contact(shop, "whatsapp")
    person.says("", **fields)
    assert heard(person, 1) == [told]


def test_content_is_created_once_by_all_processes(shop: Stack) -> None:
    for _ in range(2):
        person = fake_contact(shop, "whatsapp")
        for count, asked in enumerate(("buttons", "menu", "link"), 1):
            person.says(asked)
            heard(person, count)
    made = [
        content["friendly_name"]
        for content in shop.fake.contents.all.values()
        if "friendly_name" in content
    ]
    assert len(made) == len(set(made))


def test_refused_content_goes_out_as_numbers(make_stack: MakeStack) -> None:
    with make_stack("sqlite + embedded", BOT="tests.bot_of_every_kind:bot") as stack:
        stack.fake.turn(on="content", status=403, code=20403)
        stack.start(*EVERYTHING)
        person = fake_contact(stack, "whatsapp")
        person.says("buttons")
        assert heard(person, 1) == [f"Well?\n\n1. Yes\n2. No\n{HINT}"]
        person.says("2")
        assert heard(person, 2)[-1] == "picked no"


def test_every_kind_is_said_here() -> None:
    asked = {"image", "document", "audio", "buttons", "many buttons", "menu", "link", "place"}
    assert set(SAID) == asked | {"cards", "approved cards", "template"}
