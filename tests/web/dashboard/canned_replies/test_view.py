"""Canned replies: added, changed, deleted, and offered where somebody writes."""

import uuid

import pytest
from flask.testing import FlaskClient

from pipeline.database import Database
from pipeline.records.accounts.canned_replies import CannedReply
from tests.builders import a_contact, rows

PAGE = "/canned-replies"
HOURS = {"title": "Hours", "body": "We are open\r\nfrom 9 to 5."}


def test_an_empty_page_says_what_they_are_for(viewer: FlaskClient, operator: FlaskClient) -> None:
    assert "Add the first one above" in operator.get(PAGE).text
    assert "Replies that operators add" in viewer.get(PAGE).text


def test_a_reply_is_added_and_offered(operator: FlaskClient, database: Database) -> None:
    answer = operator.post(PAGE, data=HOURS)
    assert (answer.status_code, answer.location) == (303, PAGE)
    (reply,) = rows(database, CannedReply)
    assert (reply.title, reply.body) == ("Hours", "We are open\nfrom 9 to 5.")
    assert "from 9 to 5." in operator.get(PAGE).text
    contact = a_contact(database)
    assert ">Hours</option>" in operator.get(f"/contacts/{contact.id}").text


def test_a_reply_is_changed(operator: FlaskClient, database: Database) -> None:
    operator.post(PAGE, data=HOURS)
    (reply,) = rows(database, CannedReply)
    operator.post(f"{PAGE}/{reply.id}", data={"title": "Open", "body": "Always."})
    (reply,) = rows(database, CannedReply)
    assert (reply.title, reply.body) == ("Open", "Always.")


def test_a_reply_is_deleted(operator: FlaskClient, database: Database) -> None:
    operator.post(PAGE, data=HOURS)
    (reply,) = rows(database, CannedReply)
    assert operator.post(f"{PAGE}/{reply.id}/delete").status_code == 303
    assert rows(database, CannedReply) == []


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"title": "Hours", "body": "Other words <b>"}, "with this title already exists"),
        ({"title": " ", "body": "Other words <b>"}, "needs a title"),
        ({"title": "x" * 81, "body": "Other words <b>"}, "up to 80 characters"),
        ({"title": "Open", "body": " "}, "needs some text"),
        ({"title": "Open", "body": "x" * 1601}, "up to 1600 characters"),
    ],
)
def test_a_refusal_gives_the_words_back(
    operator: FlaskClient, database: Database, form: dict[str, str], reason: str
) -> None:
    operator.post(PAGE, data=HOURS)
    answer = operator.post(PAGE, data=form)
    assert answer.status_code == 409
    assert reason in answer.text
    assert form["body"].replace("<b>", "&lt;b&gt;") + "</textarea>" in answer.text
    assert len(rows(database, CannedReply)) == 1


def test_a_refused_change_opens_its_own_form(operator: FlaskClient, database: Database) -> None:
    operator.post(PAGE, data=HOURS)
    operator.post(PAGE, data={"title": "Open", "body": "Always."})
    reply = next(row for row in rows(database, CannedReply) if row.title == "Open")
    answer = operator.post(f"{PAGE}/{reply.id}", data={"title": "Hours", "body": "Never."})
    assert answer.status_code == 409
    assert f'<details id="change-{reply.id}" open>' in answer.text
    assert "Never.</textarea>" in answer.text


@pytest.mark.parametrize("more", ["", "/delete"])
def test_one_that_is_gone_is_not_found(operator: FlaskClient, more: str) -> None:
    assert operator.post(f"{PAGE}/{uuid.uuid4()}{more}", data=HOURS).status_code == 404


def test_hostile_replies_are_text(operator: FlaskClient) -> None:
    words = "</textarea><script>alert(1)</script>\" onload='x"
    operator.post(PAGE, data={"title": words[:80], "body": words})
    page = operator.get(PAGE).text
    assert "<script>alert" not in page
    assert '" onload' not in page


def test_a_viewer_changes_nothing(
    viewer: FlaskClient, operator: FlaskClient, database: Database
) -> None:
    operator.post(PAGE, data=HOURS)
    (reply,) = rows(database, CannedReply)
    assert "<form" not in viewer.get(PAGE).text.split("<main")[1]
    for more in ("", f"/{reply.id}", f"/{reply.id}/delete"):
        assert viewer.post(f"{PAGE}{more}", data={"title": "x", "body": "y"}).status_code == 403
    assert [row.title for row in rows(database, CannedReply)] == ["Hours"]
