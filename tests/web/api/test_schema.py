"""Every operation of the API does what its OpenAPI document says, whatever it is sent."""

import os
import shutil
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis.schemas import BaseSchema
from sqlalchemy import Connection, text

from pipeline.database import Database
from tests.builders import (
    a_contact,
    a_conversation,
    a_message,
    a_runtime,
    a_token,
    an_entry,
)
from tests.conftest import SERVER, TEMPLATE
from web.api import cursors
from web.app import STATEMENT_SECONDS, create_app

NOW = datetime.now(UTC)
_moments = st.integers(-2_000_000_000, 2_000_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
_serials = st.integers(0, 2**63 - 1)
for word, places in {
    "serial-cursor": st.tuples(_serials),
    "moment-cursor": st.tuples(_moments, st.uuids()),
    "moment-serial-cursor": st.tuples(_moments, _serials),
}.items():
    schemathesis.openapi.format(word, places.map(cursors.encode))
schemathesis.openapi.format("state", st.sampled_from(["start", "support", "greet"]))
schemathesis.openapi.format("phone", st.sampled_from(["+14155550132", "+49 30 901820"]))


def an_app(url: str) -> APIFlask:
    database = Database(url, statement_seconds=STATEMENT_SECONDS)
    return create_app(a_runtime(database, secret_key=SecretStr("x" * 32)), lambda _pool: None)


def a_schema(app: APIFlask) -> BaseSchema:
    """The API by its own document; half of the ids that are asked for are known ones."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    # Tests say who asks; the cases need not.
    schema.config.generation.update(with_security_parameters=False)

    @schema.hook
    def map_path_parameters(_context: Any, given: dict[str, Any] | None) -> dict[str, Any] | None:
        known = app.extensions.get("known", {})
        for name, value in (given or {}).items():
            number = zlib.crc32(str(value).encode())
            if given and number % 2 and name in known and is_id(value):
                given[name] = known[name][number // 2 % len(known[name])]
        return given

    return schema


def is_id(value: object) -> bool:
    try:
        return isinstance(value, int) or bool(uuid.UUID(str(value)))
    except ValueError:
        return False


def known(database: Database) -> dict[str, list[Any]]:
    """Rows to work on, and their ids by the names that paths give them."""
    contacts = [a_contact(database, name="Ada"), a_contact(database, is_blocked=True)]
    talks = [
        a_conversation(database, contacts[0], data={"step": 2}),
        a_conversation(database, contacts[0], channel="whatsapp", state="support"),
        a_conversation(database, contacts[1], closed_at=NOW),
    ]
    failed = {"direction": "outbound", "status": "failed", "failed_at": NOW}
    said = [a_message(database, talk, **more) for talk in talks for more in ({}, failed)]
    turns = [an_entry(database, status="parked", is_filed=True) for _ in range(5)]
    return {
        "contact_id": [str(row.id) for row in contacts],
        "conversation_id": [str(row.id) for row in talks],
        "message_id": [str(row.public_id) for row in said],
        "turn_id": [row.id for row in turns],
    }


# The cases are made while tests are collected, so the apps are there before their databases.
FOLDER = TemporaryDirectory()
NAME = f"parley_schema_{os.getpid()}"
ON_SQLITE = an_app(f"sqlite:///{FOLDER.name}/parley.db")
ON_POSTGRESQL = an_app(SERVER.set(database=NAME).render_as_string(hide_password=False))
SCHEMA, SCHEMA_ON_POSTGRESQL = a_schema(ON_SQLITE), a_schema(ON_POSTGRESQL)

Case = schemathesis.Case[Any]
every_case = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
some_cases = settings(every_case, max_examples=5)


@pytest.fixture(scope="module")
def sqlite(sqlite_template: Path) -> Iterator[Database]:
    """One database for all cases: the more they have done to it, the better."""
    shutil.copy(sqlite_template, Path(FOLDER.name) / "parley.db")
    database: Database = ON_SQLITE.extensions["parley"].runtime.database
    ON_SQLITE.extensions["known"] = known(database)
    yield database
    database.close()


@pytest.fixture(scope="module")
def postgresql(server: Connection) -> Iterator[Database]:
    """The same on the other kind."""
    server.execute(text(f"CREATE DATABASE {NAME} TEMPLATE {TEMPLATE}"))
    database: Database = ON_POSTGRESQL.extensions["parley"].runtime.database
    ON_POSTGRESQL.extensions["known"] = known(database)
    yield database
    database.close()
    server.execute(text(f"DROP DATABASE {NAME} WITH (FORCE)"))


def asked_by(database: Database, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {a_token(database, role)}"}


@SCHEMA.parametrize()
@every_case
def test_operations_keep_their_word(case: Case, sqlite: Database) -> None:
    case.call_and_validate(headers=asked_by(sqlite, "admin"))


@SCHEMA_ON_POSTGRESQL.parametrize()
@every_case
def test_and_on_postgresql(case: Case, postgresql: Database) -> None:
    case.call_and_validate(headers=asked_by(postgresql, "admin"))


@SCHEMA.parametrize()
@some_cases
def test_nothing_is_told_without_a_token(case: Case, sqlite: Database) -> None:
    assert sqlite
    if case.method == "OPTIONS":
        return  # the methods of a path are no secret
    response = case.call()
    # What is no path or no method of ours needs no token to say so.
    assert response.status_code in {401, 404, 405}
    assert response.headers["content-type"] == ["application/problem+json"]


@SCHEMA.parametrize()
@some_cases
def test_viewers_change_nothing(case: Case, sqlite: Database) -> None:
    if case.method in {"GET", "HEAD", "OPTIONS"}:
        return
    response = case.call(headers=asked_by(sqlite, "viewer"))
    assert response.status_code in {403, 404, 405}
