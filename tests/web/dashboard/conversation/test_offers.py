"""Every kind that a bot can say, in the log of a conversation and on a phone of the simulator."""

import re
from html import unescape
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Row

from pipeline.botkit.content.kinds import Content, choices_of, render
from pipeline.database import Database
from pipeline.messages import Channel
from pipeline.records.core.inbox import Entry
from tests.builders import a_contact, a_conversation, a_message, rows
from tests.pipeline.botkit.samples import SAMPLES, SHOWN, SID, URL

ADA = "+14155550142"
PHONES = {
    "sms": "/simulator?phone=%2B14155550142",
    "whatsapp": "/simulator?phone=whatsapp%3A%2B14155550142",
    "rcs": "/simulator?phone=rcs%3A%2B14155550142",
}
KINDS = (*get_args(Content), "cards with links")


def said(database: Database, channel: Channel, *contents: Content) -> Row[Any]:
    """A talk in which the bot said this."""
    choices = [[choice.number, choice.id, choice.title] for choice in choices_of(contents)]
    talk = a_conversation(
        database, a_contact(database, phone=ADA), channel=channel, choices=choices
    )
    a_message(database, talk)
    for reply in render(contents, "Reply with a number.", channel):
        a_message(
            database,
            talk,
            direction="outbound",
            kind=reply.kind,
            body=reply.body,
            media=[{"url": url} for url in reply.media_urls],
            content=dict(reply.content),
        )
    return talk


def seen(page: str) -> str:
    """The text of a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("channel", PHONES)
def test_every_kind_is_shown_without_raw_json(
    operator: FlaskClient, database: Database, kind: type, channel: Channel
) -> None:
    content = SAMPLES.get(kind, SHOWN)
    talk = said(database, channel, "Well?", content)
    for address in (f"/conversations/{talk.id}", PHONES[channel]):
        text = seen(operator.get(address).text)
        assert "Well?" in text
        assert "{'" not in text
        assert '{"' not in text
        for choice in choices_of([content]):
            assert choice.title.rpartition(": ")[2] in text


def test_menu_has_its_sections_and_descriptions(operator: FlaskClient, database: Database) -> None:
    talk = said(database, "whatsapp", "When?", SAMPLES[_named("Menu")])
    for address in (f"/conversations/{talk.id}", PHONES["whatsapp"]):
        assert {"am", "Nine", "early", "pm", "Six"} <= set(seen(operator.get(address).text).split())


def test_link_opens_beside_the_dashboard(operator: FlaskClient, database: Database) -> None:
    talk = said(database, "whatsapp", "There:", SAMPLES[_named("Link")])
    for address in (f"/conversations/{talk.id}", PHONES["whatsapp"]):
        link = f'<a href="{URL}" rel="noreferrer noopener" target="_blank" hx-boost="false">'
        assert link in operator.get(address).text


def test_template_names_itself_and_its_variables(operator: FlaskClient, database: Database) -> None:
    talk = said(database, "whatsapp", SAMPLES[_named("Template")])
    text = seen(operator.get(f"/conversations/{talk.id}").text)
    assert f"Hi Ada! Template {SID} · 1: Ada" in text


@pytest.mark.parametrize(
    ("kind", "channel", "picked"),
    [
        ("Buttons", "sms", {"ButtonText": "Yes", "ButtonPayload": "yes"}),
        ("Buttons", "whatsapp", {"ButtonText": "Yes", "ButtonPayload": "yes"}),
        ("Menu", "sms", {"ButtonText": "Nine", "ButtonPayload": "9"}),
        ("Menu", "whatsapp", {"ListTitle": "Nine", "ListId": "9"}),
        ("Carousel", "whatsapp", {"ButtonText": "Hat: Buy", "ButtonPayload": "hat"}),
    ],
)
def test_tap_on_the_phone_is_what_a_provider_posts(
    operator: FlaskClient,
    database: Database,
    kind: str,
    channel: Channel,
    picked: dict[str, str],
) -> None:
    said(database, channel, "Well?", SAMPLES[_named(kind)])
    page = operator.get(PHONES[channel]).text
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    form = next(found for found in forms if 'class="tap"' in found)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert {name: unescape(fields[name]) for name in picked} == picked
    operator.post(PHONES[channel].replace("?", "/messages?"), data=fields)
    (entry,) = rows(database, Entry)
    message = entry.payload["message"]
    assert (message["kind"], message["button_id"]) == ("tap", list(picked.values())[1])


def test_choices_stay_in_the_bubble_once_they_are_past(
    operator: FlaskClient, database: Database
) -> None:
    talk = said(database, "whatsapp", "Well?", SAMPLES[_named("Buttons")])
    page = operator.get(PHONES["whatsapp"]).text
    assert page.count("Yes</") == 1
    a_message(database, talk, body="Yes")
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE conversation SET choices = '[]'")
    page = operator.get(PHONES["whatsapp"]).text
    assert 'aria-label="Choices"><li dir="auto">Yes</li>' in page
    assert 'class="tap"' not in page


def _named(name: str) -> type:
    return next(kind for kind in SAMPLES if kind.__name__ == name)
