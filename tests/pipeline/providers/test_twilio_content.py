"""Taps on WhatsApp: content is made at Twilio once, and plain text goes out where it cannot be."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from pipeline.botkit import Buttons, Content, Link, Menu, Row
from pipeline.botkit.content.kinds import render
from pipeline.errors import NotSent
from pipeline.messages import Outbound
from pipeline.providers.twilio.content import definition
from proving.faults.fake_twilio import FakeTwilio
from tests.pipeline.providers.build import a_twilio, an_outbound

YES_NO = Buttons(yes="Yes", no="No")
SEVEN = Buttons({f"d{n}": f"Day {n}" for n in range(1, 8)})
LONG = "A title that is too long for a row of a list"
MENU = Menu(
    {"Soups": {"pho": "Pho"}, "Sweets": {"pie": Row("Pie", "with cream")}}, button="Order here"
)
LINK = Link("https://shop.example.com/orders/7?x=ü", "Track it")


def said(*contents: Content) -> Outbound:
    """What a bot says on WhatsApp, as dispatch hands it over."""
    (reply,) = render(contents, "Reply with a number.", "whatsapp")
    return an_outbound(channel="whatsapp", body=reply.body, content=dict(reply.content))


def action(choice_id: str, title: str) -> dict[str, str]:
    return {"type": "QUICK_REPLY", "title": title, "id": choice_id}


@pytest.mark.parametrize(
    ("content", "types", "variables"),
    [
        (
            YES_NO,
            {
                "twilio/quick-reply": {
                    "body": "{{1}}",
                    "actions": [action("yes", "Yes"), action("no", "No")],
                }
            },
            {"1": "Well?"},
        ),
        (
            Buttons(a=LONG, b="B"),
            {
                "twilio/list-picker": {
                    "body": "{{1}}",
                    "button": "Choose",
                    "items": [
                        {"id": "a", "item": "A title that is too lon…", "description": LONG},
                        {"id": "b", "item": "B"},
                    ],
                }
            },
            {"1": "Well?"},
        ),
        (
            MENU,
            {
                "twilio/list-picker": {
                    "body": "{{1}}",
                    "button": "Order here",
                    "items": [
                        {"id": "pho", "item": "Pho", "description": "Soups"},
                        {"id": "pie", "item": "Pie", "description": "with cream"},
                    ],
                }
            },
            {"1": "Well?"},
        ),
        (
            LINK,
            {
                "twilio/call-to-action": {
                    "body": "{{1}}",
                    "actions": [
                        {
                            "type": "URL",
                            "title": "Track it",
                            "url": "https://shop.example.com/{{2}}",
                        }
                    ],
                }
            },
            {"1": "Well?", "2": "orders/7?x=ü"},
        ),
    ],
)
def test_taps_are_content(
    fake: FakeTwilio, content: Content, types: dict[str, Any], variables: dict[str, str]
) -> None:
    a_twilio(fake).send(said("Well?", content))
    (made,) = fake.contents.all.values()
    assert made["types"] == types
    assert made["friendly_name"].startswith("parley-")
    (create,) = fake.creates
    assert create.form["ContentSid"] == made["sid"]
    assert json.loads(create.form["ContentVariables"]) == variables
    assert "Body" not in create.form
    assert create.body == "Well?"


@pytest.mark.parametrize("content", [YES_NO, SEVEN, MENU, LINK])
def test_content_is_made_once_for_all_texts(fake: FakeTwilio, content: Content) -> None:
    twilio = a_twilio(fake)
    for text in ("Well?", "Again: well?\n\nReally?"):
        twilio.send(said(text, content))
    assert len(fake.contents.all) == 1
    assert fake.contents.lists == 1
    assert [create.body for create in fake.creates] == ["Well?", "Again: well?\n\nReally?"]


def test_another_process_finds_what_there_is(fake: FakeTwilio) -> None:
    fake.contents.most = 2
    for number in range(5):
        fake.contents.add({"friendly_name": f"somebody's {number}", "types": {}})
    a_twilio(fake).send(said("Well?", YES_NO))
    a_twilio(fake).send(said("Well?", YES_NO))
    assert len(fake.contents.all) == 6
    first, second = fake.creates
    assert first.form["ContentSid"] == second.form["ContentSid"]


def test_many_threads_make_one(fake: FakeTwilio) -> None:
    twilio = a_twilio(fake)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: twilio.send(said(f"Well {n}?", YES_NO)), range(16)))
    assert len(fake.contents.all) == 1


def test_sms_and_template_make_none(fake: FakeTwilio) -> None:
    twilio = a_twilio(fake)
    twilio.send(an_outbound(content={"taps": "buttons", "choices": []}))
    fake.contents.add({"types": {"twilio/text": {"body": "Hi {{1}}"}}}, sid="HX1")
    twilio.send(an_outbound(channel="whatsapp", body="", content={"content_sid": "HX1"}))
    assert list(fake.contents.all) == ["HX1"]
    assert "ContentVariables" not in fake.creates[1].form


PLAIN = "Well?\n\n1. Yes\n2. No\nReply with a number."


@pytest.mark.parametrize("status", [400, 403, 404])
def test_refused_content_goes_out_as_text(fake: FakeTwilio, status: int) -> None:
    fake.turn(on="content", status=status, code=20001)
    twilio = a_twilio(fake)
    with capture_logs() as logged:
        for _ in range(2):
            twilio.send(said("Well?", YES_NO))
    assert [entry["log_level"] for entry in logged] == ["warning"]
    assert [create.body for create in fake.creates] == [PLAIN, PLAIN]


def test_a_refusal_is_asked_about_once(fake: FakeTwilio) -> None:
    fake.turn(on="content", status=400, code=20001, times=1)
    twilio = a_twilio(fake)
    for _ in range(2):
        twilio.send(said("Well?", YES_NO))
    assert [create.body for create in fake.creates] == [PLAIN, PLAIN]
    assert fake.contents.lists == 0


@pytest.mark.parametrize(
    "knob",
    [
        {"status": 429, "code": 20429},
        {"status": 500},
        {"status": 503},
        {"is_reset": True},
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": "[]"},
    ],
)
def test_what_may_pass_is_tried_again(fake: FakeTwilio, knob: dict[str, Any]) -> None:
    fake.turn(on="content", times=1, **knob)
    twilio = a_twilio(fake)
    with pytest.raises(NotSent) as raised:
        twilio.send(said("Well?", YES_NO))
    assert not raised.value.slow_down
    assert not raised.value.blames_sender
    assert fake.creates == []
    twilio.send(said("Well?", YES_NO))
    assert fake.creates[0].body == "Well?"


def test_trouble_that_stays_leaves_the_text(fake: FakeTwilio) -> None:
    fake.turn(on="content", status=503)
    twilio = a_twilio(fake)
    for _ in range(2):
        with pytest.raises(NotSent):
            twilio.send(said("Well?", YES_NO))
    twilio.send(said("Well?", YES_NO))
    assert [create.body for create in fake.creates] == [PLAIN]


def test_slow_content_does_not_eat_the_lease(fake: FakeTwilio) -> None:
    fake.turn(on="content", latency_seconds=0.6)
    twilio = a_twilio(fake)
    with pytest.raises(NotSent) as raised:
        twilio.send(said("Well?", YES_NO))
    assert not raised.value.blames_sender
    twilio.send(said("Well?", YES_NO))
    assert [create.body for create in fake.creates] == ["Well?"]


def test_content_that_was_deleted_leaves_the_text(fake: FakeTwilio) -> None:
    twilio = a_twilio(fake)
    twilio.send(said("Well?", YES_NO))
    fake.contents.all.clear()
    with pytest.raises(NotSent) as raised:
        twilio.send(said("Well?", YES_NO))
    assert raised.value.code == "21655"
    twilio.send(said("Well?", YES_NO))
    assert fake.creates[-1].body == PLAIN


def test_title_that_looks_like_a_variable_is_text(fake: FakeTwilio) -> None:
    a_twilio(fake).send(said("Well?", Buttons(a="{{1}} of {{3}}")))
    assert fake.contents.all == {}
    assert "1. {{1}} of {{3}}" in fake.creates[0].body


@pytest.mark.parametrize(
    ("url", "fixed", "path"),
    [
        ("https://a.example/b?c#d", "https://a.example/{{2}}", "b?c#d"),
        ("https://a.example/", "https://a.example/", ""),
        ("https://a.example", "https://a.example", ""),
        ("https://a.example?b=1", "https://a.example?b=1", ""),
    ],
)
def test_what_follows_the_host_of_a_link_is_a_variable(url: str, fixed: str, path: str) -> None:
    types, variables = definition(said("Well?", Link(url, "Open")))
    assert types["twilio/call-to-action"]["actions"][0]["url"] == fixed
    assert variables.get("2", "") == path


def test_a_send_of_unknown_outcome_is_found(fake: FakeTwilio) -> None:
    twilio, outbound = a_twilio(fake), said("Well?", SEVEN)
    sid = twilio.send(outbound).provider_id
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert [found.provider_id for found in twilio.find(outbound, since)] == [sid]
