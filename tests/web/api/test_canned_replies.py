"""/api/v1/canned-replies: kept, changed, deleted."""

import uuid
from typing import Any

import pytest
from apiflask import APIFlask

from pipeline.database import Database
from tests.builders import a_token
from tests.web.conftest import Caller


def test_life_of_a_reply(api: Caller) -> None:
    answer = api("POST", "/canned-replies", json={"title": "Hours", "body": "9 to 5"})
    made = answer.get_json()
    assert (answer.status_code, made["created_by"]) == (201, "token:crm")
    path = f"/canned-replies/{made['id']}"
    changed = api("PATCH", path, json={"body": "8 to 6"}).get_json()
    assert (changed["title"], changed["body"]) == ("Hours", "8 to 6")
    assert api("GET", path).get_json() == changed
    assert api("GET", "/canned-replies").get_json() == {"items": [changed], "next": None}
    assert api("DELETE", path).status_code == 204
    for method in ("GET", "DELETE"):
        assert api(method, path).status_code == 404


def test_taken_title_is_409(api: Caller) -> None:
    for status in (201, 409):
        answer = api("POST", "/canned-replies", json={"title": "Hours", "body": "x"})
        assert answer.status_code == status


@pytest.mark.parametrize("change", [{}, {"title": ""}, {"body": 5}, {"title": "x" * 81}])
def test_impossible_change_is_422(api: Caller, change: Any) -> None:
    assert api("PATCH", f"/canned-replies/{uuid.uuid4()}", json=change).status_code == 422


def test_viewers_only_read(app: APIFlask, database: Database) -> None:
    viewer = Caller(app, a_token(database, "viewer"))
    assert viewer("GET", "/canned-replies").status_code == 200
    body = {"title": "Hours", "body": "x"}
    assert viewer("POST", "/canned-replies", json=body).status_code == 403
