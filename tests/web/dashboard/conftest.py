"""Signed-in browsers of each role."""

import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from pipeline.database import Database
from tests.builders import a_sign_in, a_user


def signed_in(app: APIFlask, database: Database, role: str) -> FlaskClient:
    """The browser of a new user; it sends the token of forms with everything."""
    client = app.test_client()
    token = a_sign_in(database, a_user(database, role))
    with client.session_transaction() as session:
        session["sign_in"] = token
    form = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text)
    assert form
    client.environ_base["HTTP_X_CSRFTOKEN"] = form[1]
    return client


@pytest.fixture
def viewer(app: APIFlask, database: Database) -> FlaskClient:
    return signed_in(app, database, "viewer")


@pytest.fixture
def operator(app: APIFlask, database: Database) -> FlaskClient:
    return signed_in(app, database, "operator")


@pytest.fixture
def admin(app: APIFlask, database: Database) -> FlaskClient:
    return signed_in(app, database, "admin")
