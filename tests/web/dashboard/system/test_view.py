"""The System page: what runs and waits, what the provider must call; never a secret."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from pipeline.database import Database
from pipeline.settings import Settings
from tests.builders import a_conversation, a_message, a_worker, an_entry
from web.dashboard.system.view import displayed

FIELDS = Settings.complete().model_fields


def test_a_new_installation_says_what_to_start(viewer: FlaskClient) -> None:
    page = viewer.get("/system").text
    assert "No workers running" in page
    assert "<code>parley up</code>" in page
    assert "parley chat" in page


def test_workers_and_queues_are_displayed(viewer: FlaskClient, database: Database) -> None:
    for pool in ("converse", "dispatch", "clock"):
        a_worker(database, pool, name=f"{pool}@host-7:42")
    an_entry(database, received_at=datetime.now(UTC) - timedelta(minutes=9))
    page = viewer.get("/system").text
    assert "No workers running" not in page
    assert "host-7:42" in page
    assert "9 min" in page


def test_page_names_no_contact(viewer: FlaskClient, database: Database) -> None:
    a_message(database, a_conversation(database), body="a private word")
    page = viewer.get("/system").text
    assert "a private word" not in page
    assert "+1415555" not in page.replace("+14155550132", "")


def test_page_without_news_is_not_sent_again(viewer: FlaskClient, database: Database) -> None:
    a_worker(database, "converse")
    version = re.search(r'data-version="(\w+)"', viewer.get("/system").text)
    assert version
    assert viewer.get("/system", headers={"Parley-Live": version[1]}).status_code == 204


def test_settings_are_for_admins(viewer: FlaskClient, admin: FlaskClient) -> None:
    assert "TURN_LIMIT_SECONDS" not in viewer.get("/system").text
    page = admin.get("/system").text
    assert [name for name in FIELDS if name.upper() not in page] == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (SecretStr("hunter2"), "set (hidden)"),
        (SecretStr(""), ""),
        ("postgresql+psycopg://me:hunter2@db:5432/parley", "postgresql+psycopg://db:5432/parley"),
        ("postgresql://me:hun/ter2@db/x?password=hunter2", "postgresql://db/x"),
        ("redis://:hunter2@cache:6379/0", "redis://cache:6379/0"),
        ("amqp://me:hun#ter2@queue//", "amqp://queue//"),
        ("sqlite:///var/parley.db", "sqlite:///var/parley.db"),
        ("bots.template:bot", "bots.template:bot"),
        (30.0, "30"),
    ],
)
def test_no_setting_shows_a_secret(value: object, words: str) -> None:
    assert displayed(value) == words


def test_secrets_are_kept_as_secrets() -> None:
    words = ("secret", "token", "password", "key")
    secret = [name for name in FIELDS if any(word in name for word in words)]
    assert [name for name in secret if FIELDS[name].annotation is not SecretStr] == []
