"""The web process over the simulator: an app, a client of it, and the wake-ups it sent."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from apiflask import APIFlask
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from pipeline.database import Database
from pipeline.wakeups import Pool
from tests.builders import a_runtime, a_token
from tests.databases import KINDS
from web.app import STATEMENT_SECONDS, create_app


class CompiledTemplates(BytecodeCache):
    """The compiled templates of this test process."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get(f"{bucket.key} {bucket.checksum}"):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[f"{bucket.key} {bucket.checksum}"] = bucket.bytecode_to_string()


class CompiledRule(Rule):
    """A URL rule whose builder is compiled once per test process."""

    _builders: ClassVar[dict[tuple[str, str, bool], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (self.rule, str(self.defaults), append_unknown)
        if key not in self._builders:
            self._builders[key] = super()._compile_builder(append_unknown)
        return self._builders[key]


# Each test makes an app of its own; compiling templates and rules again took most of its time.
Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}
Flask.url_rule_class = CompiledRule


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run on PostgreSQL; tests with the mark both_databases run on SQLite, too.

    What the two answer is compared where they are asked: in tests/pipeline.
    """
    if "database_url" in metafunc.fixturenames:
        is_both = metafunc.definition.get_closest_marker("both_databases")
        kinds = KINDS if is_both else ("postgresql",)
        mark = pytest.mark.parametrize("database_url", kinds, indirect=True)
        metafunc.definition.add_marker(mark)


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
