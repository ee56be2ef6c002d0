"""What stands in the way of every page is said on it, with what to do, instead of an error."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from pipeline.database import Database
from tests.builders import a_runtime
from tests.web.dashboard.conftest import signed_in
from web.app import create_app

pytestmark = pytest.mark.both_databases

BROWSER = {"Accept": "text/html"}
PAGES = ["/", "/conversations", "/contacts", "/states", "/failures", "/system", "/sign-in"]


def _forget_revision(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


@pytest.mark.own_database
@pytest.mark.parametrize("page", PAGES)
def test_missing_schema_names_the_command(
    database: Database, client: FlaskClient, page: str
) -> None:
    _forget_revision(database)
    answer = client.get(page, headers=BROWSER)
    assert answer.status_code == 503
    assert "<code>parley db upgrade</code>" in answer.text
    assert "not installed in this database" in answer.text


@pytest.mark.own_database
def test_old_schema_names_the_command(database: Database, client: FlaskClient) -> None:
    _forget_revision(database)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    answer = client.get("/conversations", headers=BROWSER)
    assert answer.status_code == 503
    assert "is at revision 0001" in answer.text
    assert "<code>parley db upgrade</code>" in answer.text


@pytest.mark.own_database
def test_webhooks_are_told_in_plain_words(database: Database, client: FlaskClient) -> None:
    with database.write() as connection:
        connection.execute(text("DROP TABLE inbox"))
    answer = client.post("/webhooks/simulator", data={"From": "+14155550101", "Body": "hi"})
    assert (answer.status_code, answer.mimetype) == (503, "text/plain")


def test_bot_that_cannot_be_imported_shows_on_pages(database: Database) -> None:
    runtime = replace(a_runtime(database), bot_error="bots/mine.py:3: NameError: <name> 'x'")
    app = create_app(runtime, lambda _pool: None)
    client = signed_in(app, database, "operator")
    webhook = client.post("/webhooks/simulator", data={"From": "+14155550101", "Body": "hi"})
    assert webhook.status_code == 200
    for page in ("/conversations", "/contacts", "/states", "/failures", "/simulator", "/system"):
        shown = client.get(page).text
        assert "The bot can't be loaded" in shown
        assert "bots/mine.py:3: NameError: &lt;name&gt;" in shown


def test_edit_that_failed_shows_on_pages_until_mended(database: Database) -> None:
    runtime = a_runtime(database)
    client = signed_in(create_app(runtime, lambda _pool: None), database, "operator")
    runtime.editing.error = "bots/mine.py:3: NameError: <name> 'x'"
    for page in ("/conversations", "/contacts", "/states", "/failures", "/simulator", "/system"):
        shown = client.get(page).text
        assert "The version before the edit is still running" in shown
        assert "bots/mine.py:3: NameError: &lt;name&gt;" in shown
        assert "The bot can't be loaded" not in shown
    runtime.editing.error = ""
    assert "before the edit" not in client.get("/conversations").text


@pytest.mark.parametrize("path", ["/nowhere", "/conversations/00000000-0000-7000-8000-0", "/x/y"])
def test_unknown_address_is_a_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "Page not found" in answer.text
