"""What holds for every address of the web process: who may ask, headers, errors, health."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from pipeline.database import Database
from pipeline.records import Record, upgrading
from tests.builders import a_conversation, a_message, a_runtime, a_token, a_worker, an_entry
from tests.web.conftest import Caller
from web.app import create_app

pytestmark = pytest.mark.both_databases

SOME_ID = "01980000-0000-7000-8000-000000000000"
FOR_ADMINS = {"/api/v1/audit", "/api/v1/users"}


def _api_calls(app: APIFlask) -> list[tuple[str, str]]:
    return [
        (method, re.sub(r"<int:\w+>", "1", re.sub(r"<uuid:\w+>", SOME_ID, rule.rule)))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule != "/api/v1/openapi.json"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _install(database: Database) -> None:
    with database.write() as connection:
        command.stamp(upgrading.configuration(connection), "head")


def test_every_call_needs_a_token(app: APIFlask, client: FlaskClient) -> None:
    calls = _api_calls(app)
    assert len(calls) >= 39
    for method, path in calls:
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), path
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_viewer_may_read_and_not_write(app: APIFlask, database: Database) -> None:
    viewer = {"Authorization": f"Bearer {a_token(database, 'viewer')}"}
    client = app.test_client()
    for method, path in _api_calls(app):
        status = client.open(path, method=method, headers=viewer).status_code
        may = method == "GET" and path not in FOR_ADMINS
        assert (status == 403) is not may, f"{method} {path}"


def _a_bug(*_: object) -> None:
    raise ValueError


def _no_connection(*_: object) -> None:
    raise OperationalError("SELECT 1", {}, ConnectionError())


@pytest.mark.parametrize("failure", [_a_bug, _no_connection])
def test_link_of_an_invitation_is_not_logged(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Callable[..., None],
) -> None:
    monkeypatch.setattr("pipeline.accounts.invitation", failure)
    with capture_logs() as logged:
        assert client.get("/welcome/the-secret").status_code >= 500
    said = f"{caplog.text}{logged}"
    assert "the-secret" not in said
    assert "/welcome/<token>" in said


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic abc", "Bearer", "Bearer \u00e9"])
def test_wrong_credentials_are_401(client: FlaskClient, header: str) -> None:
    answer = client.get("/api/v1/states", headers={"Authorization": header})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/contacts/not-a-uuid", 404),
        ("GET", f"/contacts/{SOME_ID}", 404),
        ("GET", f"/contacts/{SOME_ID}/messages", 404),
        ("GET", f"/conversations/{SOME_ID}", 404),
        ("GET", f"/conversations/{SOME_ID}/transitions", 404),
        ("POST", f"/conversations/{SOME_ID}/reset", 404),
        ("DELETE", "/contacts", 405),
        ("GET", "/contacts?limit=0", 422),
        ("GET", "/contacts?limit=many", 422),
        ("GET", "/contacts?cursor=%00", 422),
        ("GET", "/contacts?cursor=bm8", 422),
        ("GET", "/conversations?cursor=WyJhIiwiYiJd", 422),
        ("GET", f"/conversations?channel={'x' * 33}", 422),
        ("GET", f"/contacts/{SOME_ID}/messages?cursor=WyI5OTk5OTk5OTk5OTk5OTk5OTk5OTkiXQ", 422),
    ],
)
def test_errors_are_problems(api: Caller, method: str, path: str, status: int) -> None:
    answer = api(method, path)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json(force=True)["status"] == status


def test_body_that_is_no_json_is_a_problem(api: Caller) -> None:
    answer = api("POST", "/contacts", data="{", content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


@pytest.mark.own_database
def test_missing_tables_are_said_with_the_command(client: FlaskClient, database: Database) -> None:
    Record.metadata.drop_all(database.engine)
    with database.write() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    answer = client.get("/api/v1/states", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 503
    assert "parley db upgrade" in answer.get_json(force=True)["detail"]
    assert "parley db upgrade" in client.get("/").text
    assert client.get("/metrics").text.startswith("# HELP parley_up")


def test_bug_shows_no_traceback(app: APIFlask, client: FlaskClient) -> None:
    def broken() -> str:
        raise ValueError("the secret number 42")

    app.add_url_rule("/api/broken", "broken", broken)
    answer = client.get("/api/broken")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "42" not in answer.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/api/v1/states", "/metrics"])
def test_every_answer_has_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_https_installation_asks_for_https(database: Database) -> None:
    runtime = a_runtime(database, public_url="https://bot.example.com")
    headers = create_app(runtime, lambda _pool: None).test_client().get("/healthz").headers
    assert "max-age" in headers["Strict-Transport-Security"]


def test_openapi_describes_every_route(app: APIFlask, client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    described = sum(len(operations) for operations in document["paths"].values())
    assert document["openapi"].startswith("3.1")
    assert described == len(_api_calls(app))
    assert document["components"]["securitySchemes"]["BearerAuth"]["scheme"] == "bearer"


def test_process_is_up(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200


def test_ready_with_workers_is_ok(client: FlaskClient, database: Database) -> None:
    _install(database)
    a_worker(database, "converse")
    a_worker(database, "dispatch")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ok")


def test_ready_without_workers_is_degraded(client: FlaskClient, database: Database) -> None:
    _install(database)
    a_worker(database, "converse", seen_at=datetime.now(UTC) - timedelta(seconds=20))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json()["workers"]["status"] == "degraded"


def test_dead_broker_is_degraded_and_quick(database: Database) -> None:
    _install(database)
    runtime = a_runtime(database, broker_url="redis://127.0.0.1:1/0")
    answer = create_app(runtime, lambda _pool: None).test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json()["broker"]["status"] == "degraded"


def test_old_schema_is_not_ready(client: FlaskClient, database: Database) -> None:
    _install(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "parley db upgrade" in answer.get_json()["schema"]["detail"]


def test_metrics_count_what_waits(client: FlaskClient, database: Database) -> None:
    an_entry(database, received_at=datetime.now(UTC) - timedelta(minutes=5))
    an_entry(database, status="parked")
    a_message(database, a_conversation(database), direction="outbound", status="unknown", resends=2)
    a_worker(database, "dispatch")
    page = client.get("/metrics").text
    assert "parley_inbox_waiting 1.0" in page
    assert "parley_inbox_parked 1.0" in page
    assert 'parley_outbox_pending{status="unknown"} 1.0' in page
    assert "parley_ambiguous_resends_total 2.0" in page
    assert 'parley_workers{pool="dispatch"} 1.0' in page
    age = re.search(r"parley_inbox_oldest_seconds (\d\S*)", page)
    assert age
    assert 299 < float(age[1]) < 330
