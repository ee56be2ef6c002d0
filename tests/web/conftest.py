"""The web process over the simulator: an app, a client of it, and the wake-ups it sent."""

from collections.abc import Iterator
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pipeline.database import Database
from pipeline.wakeups import Pool
from tests.builders import a_runtime, a_token
from web.app import STATEMENT_SECONDS, create_app


class Caller:
    """A client of the API with a token."""

    def __init__(self, app: APIFlask, token: str) -> None:
        self._client = app.test_client()
        self._headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, **request: Any) -> TestResponse:
        headers = self._headers | request.pop("headers", {})
        return self._client.open(f"/api/v1{path}", method=method, headers=headers, **request)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database, with the patience of a web process."""
    opened = Database(database_url, statement_seconds=STATEMENT_SECONDS)
    yield opened
    opened.close()


@pytest.fixture
def wakeups() -> list[Pool]:
    """The pools that were woken, in order."""
    return []


@pytest.fixture
def app(database: Database, wakeups: list[Pool]) -> APIFlask:
    """The web process in simulator mode."""
    return create_app(a_runtime(database), wakeups.append)


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A caller without a token."""
    return app.test_client()


@pytest.fixture
def api(app: APIFlask, database: Database) -> Caller:
    """An operator's program, called "crm"."""
    return Caller(app, a_token(database, "operator", "crm"))
