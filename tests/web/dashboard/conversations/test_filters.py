"""The filters of the list: read from an address, written into one, and what makes no sense."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from pipeline.enums import Holder
from pipeline.queries.filter import ConversationFilter
from web.dashboard.conversations.filters import Filters

EVERYTHING = [
    ("q", "refund please"),
    ("state", "start"),
    ("state", "support"),
    ("channel", "whatsapp"),
    ("holder", "operator"),
    ("unread", "1"),
    ("failed", "1"),
    ("since", "2026-10-01"),
    ("until", "2026-10-31"),
]


def of(*pairs: tuple[str, str]) -> Filters:
    """The filters that an address with these parameters asks for."""
    return Filters.of(MultiDict(pairs))


def wanted(*pairs: tuple[str, str]) -> ConversationFilter:
    return of(*pairs).criteria("me@example.com")


def test_every_filter_is_read() -> None:
    assert of(*EVERYTHING) == Filters(
        q="refund please",
        states=("start", "support"),
        channel="whatsapp",
        holder=Holder.OPERATOR,
        unread=True,
        failed=True,
        since=date(2026, 10, 1),
        until=date(2026, 10, 31),
    )


def test_every_filter_is_written() -> None:
    assert parse_qsl(of(*EVERYTHING).query()) == EVERYTHING


def test_every_filter_is_asked_of_the_database() -> None:
    assert wanted(*EVERYTHING) == ConversationFilter(
        words="refund please",
        states=("start", "support"),
        channel="whatsapp",
        holder=Holder.OPERATOR,
        unread=True,
        failed=True,
        since=datetime(2026, 10, 1, tzinfo=UTC),
        # The last day counts as a whole.
        until=datetime(2026, 11, 1, tzinfo=UTC),
    )


def test_no_filter_asks_for_everything() -> None:
    assert wanted() == ConversationFilter()
    assert of().query() == ""
    assert not of().is_any


@pytest.mark.parametrize("pair", EVERYTHING)
def test_one_filter_is_a_filter(pair: tuple[str, str]) -> None:
    assert of(pair).is_any
    assert of(pair).query() == of(pair).query()


def test_held_by_me_names_me() -> None:
    asked = wanted(("holder", "me"))
    assert (asked.holder, asked.held_by) == ("operator", "me@example.com")
    assert of(("holder", "me")).query() == "holder=me"


@pytest.mark.parametrize(
    "pair",
    [
        ("channel", "SMS"),
        ("channel", "sms&more"),
        ("channel", "x" * 33),
        ("holder", "nobody"),
        ("unread", "yes"),
        ("failed", "0"),
        ("since", "yesterday"),
        ("since", "2026-02-30"),
        ("since", "0001-01-01"),
        ("until", "9999-12-31"),
        ("until", "2026-10-01T00:00:00"),
        ("state", ""),
        ("q", "   "),
        ("page", "7"),
    ],
)
def test_what_makes_no_sense_is_left_out(pair: tuple[str, str]) -> None:
    assert of(pair) == Filters()


def test_a_state_is_added_and_taken_away() -> None:
    assert parse_qs(of(("q", "x")).toggled("start")) == {"q": ["x"], "state": ["start"]}
    both = of(("state", "start"), ("state", "support"))
    assert both.toggled("start") == "state=support"
    assert of(("state", "start")).toggled("start") == ""


def test_a_state_counts_once() -> None:
    assert of(("state", "a"), ("state", "b"), ("state", "a")).states == ("a", "b")


def test_one_filter_changes_and_the_others_stay() -> None:
    asked = of(*EVERYTHING)
    assert ("channel", "sms") in parse_qsl(asked.query(channel="sms"))
    assert "channel" not in parse_qs(asked.query(channel=""))
    assert parse_qs(asked.query(after="x y"))["after"] == ["x y"]


def test_fields_carry_the_filters_through_a_form() -> None:
    asked = of(*EVERYTHING)
    assert list(asked.fields()) == EVERYTHING
    kept = list(asked.fields(without=("since", "until")))
    assert kept == EVERYTHING[:-2]


def test_too_much_is_cut_off() -> None:
    asked = of(("q", "x" * 10_000), *(("state", f"s{number}") for number in range(1000)))
    assert len(asked.q) == 200
    assert len(asked.states) == 50


@given(st.text(), st.text(), st.text())
def test_any_words_survive_the_address(words: str, state: str, day: str) -> None:
    asked = of(("q", words), ("state", state), ("since", day))
    assert Filters.of(MultiDict(parse_qsl(asked.query()))) == asked
