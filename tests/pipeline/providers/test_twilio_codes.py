"""Twilio's error codes: each is a sentence that says what to do, an unknown one has a link."""

import re

import pytest

from pipeline.errors import ContactOptedOut, MessageRefused, NotSent
from pipeline.providers.twilio.codes import (
    CODES,
    WINDOW_CODES,
    delivery_reason,
    is_hopeless,
    send_error,
)

# What the field has asked about.
ASKED = [
    "30032",
    "63019",
    "63027",
    "63028",
    "63038",
    "63005",
    "63051",
    "63036",
    "63040",
    "63041",
    "63042",
    "63112",
    "63009",
    "63010",
    "63022",
    "63029",
    "30011",
    "30024",
    "30035",
    "30036",
    "30038",
    "30039",
    "30044",
    "30453",
    "30485",
    "21654",
    "11200",
    "12300",
    "63016",
    "21614",
    "63024",
    "63049",
    "21610",
    "30003",
    "30004",
    "30005",
    "30006",
    "30007",
    "30008",
    "30034",
]


@pytest.mark.parametrize("code", ASKED)
def test_codes_of_the_field_are_known(code: str) -> None:
    assert code in CODES
    assert delivery_reason(code) == CODES[code].reason


@pytest.mark.parametrize("code", CODES)
def test_each_says_what_happened_and_what_to_do(code: str) -> None:
    reason = CODES[code].reason
    happened, _, action = re.sub(r"\? ", "?. ", reason).partition(". ")
    assert happened[0].isupper() or happened[0].isdigit(), reason
    assert len(happened) > 10, reason
    assert action, reason
    assert not reason.endswith("."), reason


def test_numbers_have_five_digits() -> None:
    assert [code for code in CODES if not re.fullmatch(r"\d{5}", code)] == []
    assert len(CODES) > 200


@pytest.mark.parametrize("code", ["30999", "63999", "99999"])
def test_unknown_code_says_so_and_links_its_page(code: str) -> None:
    page = f"https://www.twilio.com/docs/api/errors/{code}"
    assert delivery_reason(code) == (f"Twilio error {code}, which Parley does not know. See {page}")
    error = send_error(400, code, "To +14155550132 is odd.")
    assert isinstance(error, MessageRefused)
    assert error.reason == (
        f"Twilio error {code}, which Parley does not know: To +…32 is odd. See {page}"
    )


@pytest.mark.parametrize(
    ("code", "unchanged", "changed"),
    [
        ("21614", True, True),  # a landline
        ("63016", False, False),  # the window: the contact may write again
        ("63024", True, True),  # no WhatsApp
        ("63049", True, False),  # another text may do
        ("30003", False, False),  # the phone is off
        ("21610", False, False),  # opted out: the gate decides
        ("30999", False, False),
    ],
)
def test_hopeless_messages(code: str, unchanged: bool, changed: bool) -> None:
    assert is_hopeless(code, is_changed=False) == unchanged
    assert is_hopeless(code, is_changed=True) == changed


def test_window_codes_are_known() -> None:
    assert set(CODES) >= WINDOW_CODES


def test_codes_of_too_many_requests_wait() -> None:
    for code, known in CODES.items():
        if known.error is NotSent:
            error = send_error(400, code)
            assert isinstance(error, NotSent), code
            assert error.retry_after >= known.wait_seconds > 0, code


def test_opt_out_is_raised_as_one() -> None:
    assert isinstance(send_error(400, "21610"), ContactOptedOut)
