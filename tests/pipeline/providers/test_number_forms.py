"""Forms of numbers: those of one line, and nothing else."""

import pytest

from pipeline.providers.addresses import contact, names_of
from pipeline.providers.number_forms import forms

PAIRS = [
    ("+5531988887701", "+553188887701"),
    ("+5511999990000", "+551199990000"),
    ("+5521961234567", "+552161234567"),
    ("+525512345678", "+5215512345678"),
    ("+529981234567", "+5219981234567"),
    ("+5491122334402", "+541122334402"),
    ("+5493514234567", "+543514234567"),
    ("+2290161234567", "+22961234567"),
    ("+2250707123456", "+22507123456"),
    ("+2250554123456", "+22554123456"),
    ("+2250140123456", "+22540123456"),
]


@pytest.mark.parametrize(("today", "other"), PAIRS)
def test_both_forms_are_one_number(today: str, other: str) -> None:
    assert forms(today) == forms(other) == (today, other)


@pytest.mark.parametrize(
    "number",
    [
        "+14155550132",
        "+442079460123",
        # Landlines of Brazil kept their eight digits.
        "+553132345678",
        "+551126543210",
        # Not of the length of a mobile number.
        "+55318888770",
        "+55319888877011",
        "+52155123456",
        "+549112233440",
        "+5411223344021",
        "+22901612345678",
        # Of another operator than the digits say.
        "+2250507123456",
        # A landline of Côte d'Ivoire.
        "+22520123456",
    ],
)
def test_other_numbers_have_one_form(number: str) -> None:
    assert forms(number) == (number,)


@pytest.mark.parametrize(
    ("sender", "user_id", "names"),
    [
        ("+14155550132", "", ()),
        ("+553188887701", "", ("+5531988887701", "+553188887701")),
        ("whatsapp:+553188887701", "", ("+5531988887701", "+553188887701")),
        (
            "whatsapp:+14155559301",
            "whatsapp:US.5550001112223",
            ("+14155559301", "whatsapp:US.5550001112223"),
        ),
        ("whatsapp:+14155559301", "US.555", ("+14155559301", "whatsapp:US.555")),
        (
            "whatsapp:+5215512345678",
            "whatsapp:MX.1",
            ("+525512345678", "+5215512345678", "whatsapp:MX.1"),
        ),
        ("whatsapp:US.555", "US.555", ()),
        ("whatsapp:US.555", "", ()),
        ("whatsapp:US.555", "whatsapp:US.ENT.9", ("whatsapp:US.555", "whatsapp:US.ENT.9")),
        ("whatsapp:US.555", "whatsapp:+14155550132", ("+14155550132", "whatsapp:US.555")),
        ("VERIFY!", "", ()),
        ("+14155550132", "US.555", ()),
    ],
)
def test_a_webhook_names_every_key(sender: str, user_id: str, names: tuple[str, ...]) -> None:
    assert names_of(contact(sender), user_id) == names
