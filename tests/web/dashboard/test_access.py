"""Who gets where: every route of the process, asked as nobody and as each role."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.routing import Rule

from pipeline.database import Database
from pipeline.records.accounts.sign_ins import SignIn
from tests.builders import a_runtime, rows
from tests.web.dashboard.conftest import signed_in
from web.app import create_app
from web.dashboard import access
from web.dashboard.page import NOBODY

SOME_ID = "01980000-0000-7000-8000-000000000000"
# Open to everybody: what providers and machines call, and the way in.
OPEN = {"health", "metrics", "webhooks", "openapi"}
DOORS = {"sign_in.form", "sign_in.enter", "welcome.form", "welcome.enter"}
ROLES = ("viewer", "operator", "admin")


def pages(app: APIFlask) -> Iterator[tuple[Rule, str]]:
    """Every rule of the dashboard with the role that its view needs."""
    for rule in app.url_map.iter_rules():
        noun = rule.endpoint.partition(".")[0]
        if noun in OPEN or noun == "static" or rule.rule.startswith("/api/"):
            continue
        yield rule, app.view_functions[rule.endpoint].__dict__.get("needs", "")


def calls(app: APIFlask) -> Iterator[tuple[str, str, str]]:
    """Method, address and role of everything in the dashboard that needs one."""
    for rule, role in pages(app):
        if role == NOBODY:
            continue
        path = re.sub(r"<uuid:\w+>", SOME_ID, rule.rule)
        path = re.sub(r"<int:\w+>", "1", path)
        path = re.sub(r"<\w+>", "csv", path)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, path, role


def test_every_page_names_its_role(app: APIFlask) -> None:
    named = {rule.endpoint: role for rule, role in pages(app)}
    assert {endpoint for endpoint, role in named.items() if role == NOBODY} == DOORS
    assert [endpoint for endpoint, role in named.items() if role not in (*ROLES, NOBODY)] == []
    assert len(named) > 40


def test_nobody_is_led_to_the_door(app: APIFlask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_METHODS"] = set()
    for method, path, _ in calls(app):
        answer = client.open(path, method=method)
        assert answer.status_code == 303, f"{method} {path}"
        assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("role", ROLES)
def test_role_opens_what_it_should(app: APIFlask, database: Database, role: str) -> None:
    browser = signed_in(app, database, role)
    for method, path, needed in calls(app):
        if path == "/sign-out":
            continue
        status = browser.open(path, method=method).status_code
        is_below = ROLES.index(role) < ROLES.index(needed)
        assert (status == 403) == is_below, f"{method} {path}: {status}"
        assert status < 500, f"{method} {path}"


def test_form_of_a_stranger_changes_nothing(app: APIFlask, admin: FlaskClient) -> None:
    del admin.environ_base["HTTP_X_CSRFTOKEN"]
    for method, path, _ in calls(app):
        if method != "GET":
            answer = admin.open(path, method=method, headers={"Accept": "text/html"})
            assert answer.status_code == 400, f"{method} {path}"
            assert "Reload the page" in answer.text


def test_page_for_another_role_says_so(viewer: FlaskClient) -> None:
    answer = viewer.get("/users", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert "Your role doesn&#39;t allow this" in answer.text


def test_live_page_of_a_stranger_is_told(client: FlaskClient) -> None:
    assert client.get("/conversations", headers={"Parley-Live": "x"}).status_code == 401


def test_unchanged_page_is_not_sent_again(viewer: FlaskClient) -> None:
    version = re.search(r'data-version="(\w+)"', viewer.get("/conversations").text)
    assert version
    again = viewer.get("/conversations", headers={"Parley-Live": version[1]})
    assert (again.status_code, again.data) == (204, b"")
    changed = viewer.get("/conversations", headers={"Parley-Live": "older"})
    assert changed.status_code == 200


def test_live_page_is_no_use_of_a_sign_in(
    operator: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_REMEMBERED_SECONDS", 0)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with database.write() as connection:
        connection.execute(update(SignIn).values(seen_at=long_ago))
    operator.get("/conversations", headers={"Parley-Live": "x"})
    assert rows(database, SignIn)[0].seen_at == long_ago
    operator.get("/conversations")
    assert rows(database, SignIn)[0].seen_at > long_ago


def test_pages_are_kept_by_nobody(viewer: FlaskClient) -> None:
    assert viewer.get("/conversations").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("public_url", "name", "is_secure"),
    [("https://bot.example.com", "__Host-parley", True), ("", "parley", False)],
)
def test_cookie_is_locked_up(
    database: Database, public_url: str, name: str, is_secure: bool
) -> None:
    app = create_app(a_runtime(database, public_url=public_url), lambda _pool: None)
    answer = app.test_client().get("/sign-in", base_url=public_url or "http://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{name}=")
    for mark in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert mark in cookie
    assert ("Secure" in cookie) == is_secure
    assert "Domain" not in cookie


def test_webhooks_and_the_api_set_no_cookie(client: FlaskClient) -> None:
    form = {"From": "+14155550101", "Body": "hi"}
    for answer in (
        client.post("/webhooks/simulator", data=form),
        client.get("/api/v1/contacts"),
        client.get("/healthz"),
    ):
        assert "Set-Cookie" not in answer.headers
