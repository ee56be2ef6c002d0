"""One folder and one line of the registry are enough: the pigeon brings a message and the reply."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from parley.up import _by_provider
from pipeline.converse.drain import Converse
from pipeline.database import Database
from pipeline.dispatch.drain import Dispatch
from pipeline.providers import registry
from pipeline.records.core.inbox import Entry
from pipeline.records.core.messages import Message
from pipeline.runtime import Runtime
from tests.builders import a_runtime, rows
from tests.pipeline.providers.build import OUR_NUMBER, PUBLIC_URL
from tests.pipeline.providers.pigeon import provider as pigeon
from tests.pipeline.providers.pigeon.provider import Pigeon
from tests.pipeline.providers.rigs import CONTACT, PIGEON
from web.app import create_app


@pytest.fixture
def runtime(database: Database, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """An installation whose provider is the pigeon."""
    monkeypatch.setitem(registry.PROVIDERS, "pigeon", PIGEON["pigeon"])
    settings: dict[str, Any] = {
        "provider": "pigeon",
        "public_url": PUBLIC_URL,
        "pigeon_key": SecretStr("crumbs"),
        "pigeon_number": OUR_NUMBER,
    }
    return a_runtime(database, **settings)


@pytest.fixture
def loft(runtime: Runtime) -> Pigeon:
    """The pigeon of that installation."""
    assert isinstance(runtime.provider, Pigeon)
    return runtime.provider


@pytest.fixture
def client(runtime: Runtime) -> FlaskClient:
    """What calls the web process of that installation."""
    return create_app(runtime, lambda _pool: None).test_client()


def post(client: FlaskClient, path: str, said: Mapping[str, str], key: bytes = b"crumbs") -> Any:
    body = json.dumps(said).encode()
    return client.post(
        path,
        data=body,
        content_type="application/json",
        headers={"X-Pigeon-Signature": pigeon.sign(body, key)},
    )


def work(runtime: Runtime) -> None:
    """What the workers do."""
    Converse(
        runtime, lambda _: None, is_stopping=lambda: False, overrun=lambda: pytest.fail("overrun")
    ).drain()
    dispatch = Dispatch(runtime, lambda _: None, is_stopping=lambda: False)
    dispatch.drain()
    dispatch.close()


def test_a_message_is_answered(client: FlaskClient, loft: Pigeon, runtime: Runtime) -> None:
    answer = post(client, "/webhooks/pigeon", {"id": "P-1", "from": CONTACT, "text": "coo"})
    assert (answer.status_code, answer.json) == (200, {"ok": True})
    work(runtime)
    [(found, reply)] = loft.sent
    assert (reply.recipient, reply.sender, reply.body) == (CONTACT, OUR_NUMBER, "You said: coo")

    landed = {"id": found.provider_id, "status": "delivered"}
    assert post(client, "/webhooks/pigeon/landed", landed).status_code == 200
    work(runtime)
    statuses = {row.direction: row.status for row in rows(runtime.database, Message)}
    assert statuses == {"inbound": "received", "outbound": "delivered"}


def test_what_came_in_is_kept(client: FlaskClient, runtime: Runtime) -> None:
    said = {"id": "P-1", "from": CONTACT, "text": "coo"}
    post(client, "/webhooks/pigeon", said)
    (entry,) = rows(runtime.database, Entry)
    assert json.loads(entry.payload["form"]["body"][0]) == said


def test_a_forged_message_changes_nothing(client: FlaskClient, runtime: Runtime) -> None:
    said = {"id": "P-1", "from": CONTACT, "text": "coo"}
    assert post(client, "/webhooks/pigeon", said, key=b"seeds").status_code == 403
    assert rows(runtime.database, Entry) == []


def test_a_form_is_not_its_content_type(client: FlaskClient) -> None:
    body = b"id=P-1"
    headers = {"X-Pigeon-Signature": pigeon.sign(body, b"crumbs")}
    form = "application/x-www-form-urlencoded"
    answer = client.post("/webhooks/pigeon", data=body, content_type=form, headers=headers)
    assert answer.status_code == 415


def test_up_tells_what_to_enter_at_its_console(runtime: Runtime) -> None:
    lines = "\n".join(_by_provider(runtime))
    assert OUR_NUMBER in lines
    assert "At the loft, enter these URLs:" in lines
    assert f"{PUBLIC_URL}/webhooks/pigeon" in lines
