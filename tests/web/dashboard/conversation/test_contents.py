"""What a message carries is shown in plain words, and a contact who opted out looks like it."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Row

from pipeline.database import Database
from tests.builders import a_contact, a_conversation, a_message

NOW = datetime.now(UTC)
OUT = {"sms +15550100": NOW.isoformat()}
HOSTILE = "</blockquote><script>alert(1)</script>"


@pytest.fixture
def talk(database: Database) -> Row[Any]:
    return a_conversation(database, a_contact(database, phone="+14155550132"))


def heard(database: Database, talk: Row[Any], **values: Any) -> Row[Any]:
    given = {"direction": "inbound", "author": "contact", "status": "received", "body": ""}
    return a_message(database, talk, **(given | values))


def shown(client: FlaskClient, talk: Row[Any]) -> str:
    return client.get(f"/conversations/{talk.id}").text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "reaction", "content": {"reaction": "👍"}}, ["Reacted 👍"]),
        ({"kind": "reaction", "content": {"removed_reaction": "👍"}}, ["Removed 👍"]),
        ({"kind": "reaction"}, ["Reaction"]),
        ({"kind": "sticker"}, ["Sticker"]),
        ({"kind": "order"}, ["Order"]),
        ({"kind": "poll"}, ["Poll"]),
        ({"kind": "unsupported"}, ["Unsupported message", "pass on what this message contains"]),
        (
            {"kind": "interactive", "content": {"form": {"size": "M", "colors": ["red"]}}},
            ["size", "M", "colors", "[&#34;red&#34;]"],
        ),
        (
            {"kind": "interactive", "content": {"form_text": "{broken"}},
            ["Form answers that can't be read", "{broken"],
        ),
        ({"kind": "place", "content": {"place": "Cafe, 1 High Street"}}, ["📍", "Cafe, 1 High"]),
        ({"body": "x", "content": {"forwarded": "once"}}, ["Forwarded"]),
        ({"body": "x", "content": {"forwarded": "often"}}, ["Forwarded many times"]),
        ({"body": "x", "content": {"extra": {"Catalog": "7"}}}, ["More from the", "Catalog"]),
        (
            {
                "body": "Hi",
                "content": {
                    "referral": {
                        "source_type": "ad",
                        "headline": "Lamps",
                        "body": "Half price",
                        "source_url": "https://fb.me/x",
                    }
                },
            },
            ["From an ad:", "Lamps", "Half price", 'href="https://fb.me/x"'],
        ),
    ],
)
def test_it_is_shown(
    viewer: FlaskClient,
    database: Database,
    talk: Row[Any],
    values: dict[str, Any],
    words: list[str],
) -> None:
    heard(database, talk, **values)
    page = shown(viewer, talk)
    for word in words:
        assert word in page
    assert page.count("<bdi>+1 415-555-0132</bdi>")


def test_a_link_that_is_none_of_the_web_is_not_one(
    viewer: FlaskClient, database: Database, talk: Row[Any]
) -> None:
    ad = {"referral": {"headline": "Lamps", "source_url": "javascript:alert(1)"}}
    heard(database, talk, body="Hi", content=ad)
    assert "javascript:" not in shown(viewer, talk)


def test_a_quote_links_to_the_message(
    viewer: FlaskClient, database: Database, talk: Row[Any]
) -> None:
    ours = a_message(database, talk, body="Is 3 pm fine?", provider_id="SM9", direction="outbound")
    heard(database, talk, body="this one", content={"reply_to": "SM9"})
    heard(database, talk, kind="reaction", content={"reply_to": "SM9", "reaction": "👍"})
    page = shown(viewer, talk)
    assert page.count(f'<a href="#message-{ours.public_id}">Is 3 pm fine?</a>') == 2


def test_a_quote_of_an_earlier_page_leads_there(
    viewer: FlaskClient, database: Database, talk: Row[Any]
) -> None:
    ours = a_message(database, talk, body="Is 3 pm fine?", provider_id="SM9", direction="outbound")
    for number in range(70):
        a_message(database, talk, body=f"word {number}")
    heard(database, talk, body="this one", content={"reply_to": "SM9"})
    before = f"/conversations/{talk.id}?before={ours.id + 1}#message-{ours.public_id}"
    assert f'href="{before}"' in shown(viewer, talk)
    assert f'id="message-{ours.public_id}"' in viewer.get(before).text


def test_a_quote_of_what_we_do_not_have(
    viewer: FlaskClient, database: Database, talk: Row[Any]
) -> None:
    heard(database, talk, body="this one", content={"reply_to": "SM9"})
    given = {"reply_to": "SM8", "reply_to_sender": "whatsapp:+15550199"}
    heard(database, talk, body="that one", content=given)
    heard(database, talk, kind="reaction", content={"quoted": "Is 3 pm fine?", "reaction": "👍"})
    page = shown(viewer, talk)
    assert "A message that is not in the log" in page
    assert "A message from <bdi>whatsapp:+15550199</bdi> that is not in the log" in page
    assert "Is 3 pm fine?" in page


def test_nothing_of_it_is_markup(viewer: FlaskClient, database: Database, talk: Row[Any]) -> None:
    heard(
        database,
        talk,
        body="x",
        content={
            "form": {HOSTILE: HOSTILE},
            "form_text": HOSTILE,
            "place": HOSTILE,
            "quoted": HOSTILE,
            "referral": {"headline": HOSTILE, "body": HOSTILE, "source_url": HOSTILE},
            "extra": {HOSTILE: HOSTILE},
        },
    )
    heard(database, talk, kind=HOSTILE[:32], content={"reaction": HOSTILE})
    assert "<script>alert(1)" not in shown(viewer, talk)


@pytest.mark.parametrize(
    ("values", "chip", "reason"),
    [
        ({"opt_outs": OUT}, "opted out", "until they text START"),
        ({"opt_outs": {"*": NOW.isoformat()}}, "opted out", "until they text START"),
        ({"is_blocked": True}, "blocked", "Unblock them"),
    ],
)
def test_who_is_not_to_be_written_to_looks_like_it(
    operator: FlaskClient, database: Database, values: dict[str, Any], chip: str, reason: str
) -> None:
    talk = a_conversation(database, a_contact(database, phone="+14155550132", **values))
    page = shown(operator, talk)
    assert page.count(f'<span class="chip unknown">{chip}</span>') == 2  # list and header
    assert "Take over" not in re.sub(r"or take over", "", page)
    assert "<textarea" not in page
    assert reason in page
    listed = operator.get("/conversations").text
    assert f'<span class="chip unknown">{chip}</span>' in listed


def test_another_number_of_ours_is_not_affected(operator: FlaskClient, database: Database) -> None:
    contact = a_contact(database, phone="+14155550132", opt_outs=OUT)
    page = shown(operator, a_conversation(database, contact, our_number="+15550199"))
    assert "Take over (30 min)" in page
    assert "<textarea" in page
    assert '<span class="chip unknown">opted out</span>' not in page
