"""Every operation of the API does what its OpenAPI document says, whatever it is sent."""

import os
import shutil
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis.schemas import BaseSchema
from sqlalchemy import Connection

from pipeline.database import Database
from tests.builders import (
    a_contact,
    a_conversation,
    a_message,
    a_runtime,
    a_token,
    an_entry,
)
from tests.databases import a_database, url_of
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


Case = schemathesis.Case[Any]
every_case = settings(
    # `make faults` tries more.
    max_examples=int(os.environ.get("SCHEMA_EXAMPLES", "15")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def on_one_database(url: str) -> Iterator[BaseSchema]:
    """The API on one database for all cases: the more they have done to it, the better."""
    app = an_app(url)
    database: Database = app.extensions["parley"].runtime.database
    app.extensions["known"] = known(database)
    app.extensions["tokens"] = {role: a_token(database, role) for role in ("viewer", "admin")}
    yield a_schema(app)
    database.close()


@pytest.fixture(scope="module")
def on_postgresql(server: Connection, postgresql_template: str) -> Iterator[BaseSchema]:
    with a_database(server, postgresql_template) as name:
        yield from on_one_database(url_of(name))


@pytest.fixture(scope="module")
def on_sqlite(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[BaseSchema]:
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("schema"))
    yield from on_one_database(f"sqlite:///{path}")


def asked_by(case: Case, role: str) -> dict[str, str]:
    token = case.operation.schema.app.extensions["tokens"][role]
    return {"Authorization": f"Bearer {token}"}


def refuses_strangers(case: Case) -> None:
    if case.method == "OPTIONS":
        return  # the methods of a path are no secret
    response = case.call()
    # What is no path or no method of ours needs no token to say so.
    assert response.status_code in {401, 404, 405}
    assert response.headers["content-type"] == ["application/problem+json"]


def lets_viewers_change_nothing(case: Case) -> None:
    if case.method in {"GET", "HEAD", "OPTIONS"}:
        return
    response = case.call(headers=asked_by(case, "viewer"))
    assert response.status_code in {403, 404, 405}


@pytest.fixture
def _renamed(request: pytest.FixtureRequest) -> None:
    """Schemathesis 4.32 reads an attribute that pytest 9.2 renamed."""
    request.node._nodeid = request.node.nodeid


# The cases are made when the test runs: made at its collection, each process makes them again.
READS = schemathesis.pytest.from_fixture("on_postgresql").include(method="GET")
CHANGES = schemathesis.pytest.from_fixture("on_postgresql").exclude(method="GET")
# What is asked of the database differs: searches, filters, pages.
READS_ON_SQLITE = schemathesis.pytest.from_fixture("on_sqlite").include(method="GET")

pytestmark = [pytest.mark.usefixtures("_renamed"), pytest.mark.timeout(1800)]


def keeps_its_word(case: Case) -> None:
    refuses_strangers(case)
    lets_viewers_change_nothing(case)
    case.call_and_validate(headers=asked_by(case, "admin"))


@READS.parametrize()
@every_case
def test_reads_keep_their_word(case: Case) -> None:
    keeps_its_word(case)


@CHANGES.parametrize()
@every_case
def test_changes_keep_their_word(case: Case) -> None:
    keeps_its_word(case)


@READS_ON_SQLITE.parametrize()
@every_case
def test_reads_keep_their_word_on_sqlite(case: Case) -> None:
    case.call_and_validate(headers=asked_by(case, "admin"))
