"""/users and /audit: for admins' programs only."""

import re

import pytest
from apiflask import APIFlask

from pipeline import accounts
from pipeline.database import Database
from tests.builders import a_token, a_user
from tests.web.conftest import Caller

SOME_ID = "01980000-0000-7000-8000-000000000000"


@pytest.fixture
def admin(app: APIFlask, database: Database) -> Caller:
    return Caller(app, a_token(database, "admin", "boss"))


def test_users_are_listed_without_hashes(admin: Caller, database: Database) -> None:
    user = a_user(database, "viewer", "ada@example.com")
    (item,) = admin("GET", "/users").get_json()["items"]
    assert item.pop("created_at")
    assert item == {
        "id": str(user.id),
        "email": "ada@example.com",
        "role": "viewer",
        "disabled": False,
    }


def test_invitation_works(admin: Caller, database: Database) -> None:
    answer = admin("POST", "/users", json={"email": "ada@example.com", "role": "operator"})
    assert answer.status_code == 201
    link = re.fullmatch(r"http://localhost/welcome/(\S+)", answer.get_json()["url"])
    assert link
    assert accounts.accept(database, link[1], "", "a few words of ada", agent="")


@pytest.mark.parametrize(
    "body", [{}, {"email": "ada@example.com"}, {"email": "ada@example.com", "role": "king"}]
)
def test_odd_invitations_are_refused(admin: Caller, body: dict[str, str]) -> None:
    assert admin("POST", "/users", json=body).status_code == 422


def test_what_is_no_address_is_refused(admin: Caller) -> None:
    answer = admin("POST", "/users", json={"email": "nobody", "role": "viewer"})
    assert answer.status_code == 409
    assert "not an e-mail address" in answer.get_json()["detail"]


def test_role_and_access_are_changed(admin: Caller, database: Database) -> None:
    user = a_user(database, "viewer")
    changed = admin("PATCH", f"/users/{user.id}", json={"role": "operator", "disabled": True})
    assert (changed.get_json()["role"], changed.get_json()["disabled"]) == ("operator", True)
    assert admin("PATCH", f"/users/{user.id}", json={}).status_code == 422
    assert admin("PATCH", f"/users/{SOME_ID}", json={"role": "viewer"}).status_code == 404


def test_user_is_signed_out_everywhere(admin: Caller, database: Database) -> None:
    user = a_user(database, "viewer")
    assert admin("POST", f"/users/{user.id}/sign-out").get_json()["email"] == user.email
    assert admin("POST", f"/users/{SOME_ID}/sign-out").status_code == 404


def test_audit_is_the_newest_first(admin: Caller, database: Database) -> None:
    for name in ("ada", "grace"):
        accounts.invite(database, f"{name}@example.com", "viewer", actor="boss")
    first = admin("GET", "/audit?limit=1&action=invite").get_json()
    assert [item["target"] for item in first["items"]] == ["grace@example.com"]
    second = admin("GET", f"/audit?limit=1&action=invite&cursor={first['next']}").get_json()
    assert [item["target"] for item in second["items"]] == ["ada@example.com"]
    assert second["next"] is None
    assert admin("GET", "/audit?actor=nobody").get_json()["items"] == []
    assert admin("GET", "/audit?since=2999-01-01T00:00:00").get_json()["items"] == []
    assert admin("GET", "/audit?since=nonsense").status_code == 422


@pytest.mark.parametrize("path", ["/users", "/audit"])
def test_operators_programs_are_refused(api: Caller, path: str) -> None:
    assert api("GET", path).status_code == 403
