"""Addresses: who a sender is, whatever it is called, and what a person may type."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import NumberRefused, WebhookRejected
from pipeline.messages import storable
from pipeline.providers import addresses
from pipeline.records.core.addresses import AddressRow

# What came, and the channel, name, key and phone that it means.
SENDERS = [
    ("+14155550132", "sms", "+14155550132", "+14155550132", "+14155550132"),
    ("+24273", "sms", "+24273", "+24273", "+24273"),
    ("+999", "sms", "+999", "+999", "+999"),
    ("+861064812345678", "sms", "+861064812345678", "+861064812345678", "+861064812345678"),
    ("+12", "sms", "+12", "+12", None),
    ("+1234567890123456", "sms", "+1234567890123456", "+1234567890123456", None),
    ("384387", "sms", "384387", "384387", None),
    ("12345678901234567890123", "sms", "12345678901234567890123", "12345678901234567890123", None),
    ("whatsapp:+22961234567", "whatsapp", "+22961234567", "+22961234567", "+22961234567"),
    ("whatsapp:14155550132", "whatsapp", "+14155550132", "+14155550132", "+14155550132"),
    ("whatsapp:US.123", "whatsapp", "US.123", "whatsapp:US.123", None),
    ("WhatsApp:+14155550132", "whatsapp", "+14155550132", "+14155550132", "+14155550132"),
    ("rcs:+14155550201", "rcs", "+14155550201", "+14155550201", "+14155550201"),
    ("RCS:+14155550201", "rcs", "+14155550201", "+14155550201", "+14155550201"),
    ("rcs:brand_agent", "rcs", "brand_agent", "rcs:brand_agent", None),
    ("messenger:1234567890", "messenger", "1234567890", "messenger:1234567890", None),
    ("telegram:ada", "telegram", "ada", "telegram:ada", None),
    ("line:U4af4980629", "line", "U4af4980629", "line:U4af4980629", None),
    ("fb-messenger:42", "fb-messenger", "42", "fb-messenger:42", None),
    ("Viber:+14155550132", "viber", "+14155550132", "+14155550132", "+14155550132"),
    ("sms:+14155550132", "sms", "+14155550132", "+14155550132", "+14155550132"),
    ("VERIFY!", "sms", "VERIFY!", "VERIFY!", None),
    ("verify", "sms", "verify", "verify", None),
    ("Müller", "sms", "Müller", "Müller", None),
    ("Mu\u0308ller", "sms", "Müller", "Müller", None),
    ("Info:Bank", "sms", "Info:Bank", "Info:Bank", None),
    ("BANK: 24", "sms", "BANK: 24", "BANK: 24", None),
    ("a@b.co", "sms", "a@b.co", "a@b.co", None),
    ("TWELVELETTER", "sms", "TWELVELETTER", "TWELVELETTER", None),
    ("Ваш Банк", "sms", "Ваш Банк", "Ваш Банк", None),
    ("銀行", "sms", "銀行", "銀行", None),
    ("🍕 Pizza", "sms", "🍕 Pizza", "🍕 Pizza", None),
    ("👩\u200d👩\u200d👧", "sms", "👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧", None),
    ("🍕:x", "sms", "🍕:x", "🍕:x", None),
    ("whatsapp:", "sms", "whatsapp:", "whatsapp:", None),
    ("whatsapp: ", "sms", "whatsapp:", "whatsapp:", None),
    (" 14155550132", "sms", "+14155550132", "+14155550132", "+14155550132"),
    ("whatsapp: 14155550132", "whatsapp", "+14155550132", "+14155550132", "+14155550132"),
    ("  VERIFY!\t", "sms", "VERIFY!", "VERIFY!", None),
    ("My  Bank", "sms", "My Bank", "My Bank", None),
    ("\u202a+14155550132\u202c", "sms", "+14155550132", "+14155550132", "+14155550132"),
    ("\ufeffwhatsapp:\u200b+14155550132", "whatsapp", *["+14155550132"] * 3),
    ("VERI\u200bFY", "sms", "VERIFY", "VERIFY", None),
    ("\u200b", "sms", "U+200B", "U+200B", None),
    ("\u200d \u200b", "sms", "U+200D U+0020 U+200B", "U+200D U+0020 U+200B", None),
    ("+1 (415) 555-0132", "sms", "+14155550132", "+14155550132", "+14155550132"),
    ("＋１４１５５５５０１３２", "sms", "+14155550132", "+14155550132", "+14155550132"),
    ("a\0b", "sms", "a\ufffdb", "a\ufffdb", None),
    ("\ud83c", "sms", "\ufffd", "\ufffd", None),
    ("x" * 33 + ":1", "sms", "x" * 33 + ":1", "x" * 33 + ":1", None),
]


@pytest.mark.parametrize(("raw", "channel", "name", "key", "phone"), SENDERS, ids=ascii)
def test_a_sender_is_kept(raw: str, channel: str, name: str, key: str, phone: str | None) -> None:
    assert addresses.contact(raw) == addresses.Address(channel, name, key, phone)


@pytest.mark.parametrize("raw", ["", " ", "\t\n", "\u00a0\u3000"])
def test_a_blank_sender_is_missing(raw: str) -> None:
    with pytest.raises(WebhookRejected, match=r"^From: missing; expected") as refused:
        addresses.contact(raw)
    assert refused.value.reason == "sender"


def test_long_names_stay_two_senders() -> None:
    one, other = (addresses.contact("x" * 60_000 + end) for end in "ab")
    assert len(one.key) == len(other.key) == 160
    assert one.key != other.key
    assert len(addresses.contact("telegram:" + "é" * 60_000).name) == 160


@given(st.text(min_size=1, max_size=200).filter(lambda text: text.strip()))
def test_any_name_is_kept_and_storable(raw: str) -> None:
    address = addresses.contact(raw)
    assert address.name.strip() == address.name != ""
    assert storable(address.key) == address.key
    assert len(address.channel) <= 32
    # What a provider gets is what came in: the same contact again.
    again = addresses.contact(addresses.on_channel(address.channel, address.name))
    assert (again.key, again.phone) == (address.key, address.phone)


@pytest.mark.parametrize(
    ("raw", "ours"),
    [
        ("+15550100", "+15550100"),
        ("whatsapp:+15550100", "+15550100"),
        ("rcs:brand_agent", "brand_agent"),
        ("384387", "384387"),
        (" 15550100", "+15550100"),
        ("", ""),
        ("x" * 5000, "x" * 143 + "…"),
    ],
    ids=range(7),
)
def test_our_number_is_without_its_channel(raw: str, ours: str) -> None:
    found = addresses.ours(raw)
    assert len(found) <= 160
    assert found == ours or (len(raw) > 160 and found.startswith(ours))


@pytest.mark.parametrize(
    ("channel", "name", "is_reachable"),
    [
        ("sms", "+14155550132", True),
        ("sms", "384387", True),
        ("sms", "VERIFY!", False),
        ("sms", "a@b.co", False),
        ("sms", "Info:Bank", False),
        ("sms", "whatsapp:US.1", False),
        ("whatsapp", "whatsapp:US.1", True),
        ("rcs", "brand_agent", True),
        ("telegram", "telegram:ada", True),
    ],
)
def test_names_of_senders_get_no_sms(channel: str, name: str, is_reachable: bool) -> None:
    assert addresses.is_reachable(channel, name) == is_reachable


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+1 415 555 0132", "+14155550132"),
        ("+44 (0)20 7946 0123", "+442079460123"),
        ("+1-415-555-0132 ext. 7", "+14155550132"),
    ],
)
def test_a_typed_number_is_e164(written: str, number: str) -> None:
    assert addresses.typed(written) == number


@pytest.mark.parametrize("written", ["+24273", "+999 123", "+1 415 555"])
def test_a_typed_number_of_no_plan_may_be_forced(written: str) -> None:
    with pytest.raises(NumberRefused) as refused:
        addresses.typed(written)
    assert refused.value.is_doubtful
    assert addresses.typed(written, force=True) == written.replace(" ", "")


@pytest.mark.parametrize("written", ["", "hello", "0132", "+1", "+" + "1" * 16, "VERIFY!"])
def test_a_typed_name_cannot_be_forced(written: str) -> None:
    with pytest.raises(NumberRefused) as refused:
        addresses.typed(written, force=True)
    assert not refused.value.is_doubtful


@pytest.mark.parametrize(
    "raw",
    [
        *("+14155550132", "whatsapp:+14155550132", "whatsapp:US.123", "rcs:brand", "VERIFY!"),
        # Not numbers, although they begin as one does.
        *("+1", "whatsapp:+1", "messenger:+x", "rcs:+12345678901234567890"),
    ],
)
def test_the_records_know_a_sender_by_the_same_key(raw: str) -> None:
    sender, now = addresses.contact(raw), datetime.now(UTC)
    assert AddressRow(sender.channel, sender.name, now, now).key == sender.key
