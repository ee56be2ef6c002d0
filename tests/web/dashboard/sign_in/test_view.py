"""The way in and out: the form, invitations, one's own account."""

import re
from threading import BoundedSemaphore

import pytest
from flask.testing import FlaskClient

from pipeline import accounts
from pipeline.accounts import passwords
from pipeline.database import Database
from pipeline.records.accounts.sign_ins import SignIn
from tests.builders import rows

ADA = "ada@example.com"
RIGHT = "a few words of ada"


@pytest.fixture
def browser(client: FlaskClient, database: Database) -> FlaskClient:
    """A browser at the sign-in form; ADA is an operator."""
    accounts.add_user(database, ADA, "operator", RIGHT, actor="tests")
    return with_form(client, "/sign-in")


def with_form(client: FlaskClient, page: str) -> FlaskClient:
    form = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert form
    client.environ_base["HTTP_X_CSRFTOKEN"] = form[1]
    return client


def sign_in(browser: FlaskClient, password: str = RIGHT, **more: str) -> tuple[int, str]:
    answer = browser.post("/sign-in", data={"email": ADA, "password": password, **more})
    return answer.status_code, answer.headers.get("Location", "")


def test_right_password_leads_in(browser: FlaskClient) -> None:
    assert sign_in(browser) == (303, "/")
    assert ADA in browser.get("/conversations").text


def test_wrong_password_shows_the_form_again(browser: FlaskClient) -> None:
    answer = browser.post("/sign-in", data={"email": ADA, "password": "wrong"})
    assert answer.status_code == 401
    assert "Wrong e-mail or password." in answer.text
    assert f'value="{ADA}"' in answer.text
    assert "wrong" not in answer.text


def test_too_many_sign_ins_at_once_are_told_when_to_try_again(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_room", BoundedSemaphore(1))
    with passwords.room():
        answer = browser.post("/sign-in", data={"email": ADA, "password": RIGHT})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert "Too many people are signing in at once." in answer.text
    assert f'value="{ADA}"' in answer.text
    assert sign_in(browser) == (303, "/")


def test_sign_in_leads_back_to_the_page_asked_for(client: FlaskClient) -> None:
    asked = client.get("/conversations?state=support").headers["Location"]
    assert asked == "/sign-in?next=/conversations?state%3Dsupport"
    assert 'value="/conversations?state=support"' in client.get(asked).text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://example.org/",
        "//example.org",
        "/\\example.org",
        "\\\\example.org",
        "javascript:alert(1)",
        "/\n/example.org",
        "/\t/example.org",
    ],
)
def test_sign_in_leads_nowhere_else(browser: FlaskClient, elsewhere: str) -> None:
    assert sign_in(browser, next=elsewhere) == (303, "/")


def test_session_of_before_is_not_carried_over(browser: FlaskClient) -> None:
    with browser.session_transaction() as session:
        session["planted"] = "x"
    sign_in(browser)
    with browser.session_transaction() as session:
        assert "planted" not in session
        assert session.permanent


def test_signing_out_ends_it_on_the_server(browser: FlaskClient, database: Database) -> None:
    sign_in(browser)
    with_form(browser, "/account")
    kept = browser.get_cookie("parley")
    assert kept
    assert browser.post("/sign-out").headers["Location"] == "/sign-in"
    assert rows(database, SignIn) == []
    browser.set_cookie("parley", kept.value)
    assert browser.get("/conversations").status_code == 303


def test_guest_of_a_link_becomes_a_user(client: FlaskClient, database: Database) -> None:
    link = f"/welcome/{accounts.invite(database, ADA, 'viewer', actor='tests')}"
    with_form(client, link)
    differing = client.post(link, data={"password": RIGHT, "again": "other"})
    assert differing.status_code == 422
    assert "The passwords don&#39;t match." in differing.text
    weak = client.post(link, data={"password": "short", "again": "short"})
    assert "12 characters or more" in weak.text
    assert client.post(link, data={"password": RIGHT, "again": RIGHT}).status_code == 303
    assert ADA in client.get("/account").text
    gone = client.get(link)
    assert (gone.status_code, "has expired" in gone.text) == (410, True)


def test_first_admin_chooses_an_address(client: FlaskClient, database: Database) -> None:
    link = f"/welcome/{accounts.invite_first_admin(database)}"
    with_form(client, link)
    form = {"email": ADA, "password": RIGHT, "again": RIGHT}
    assert client.post(link, data=form).status_code == 303
    assert client.get("/users").status_code == 200


def test_new_password_ends_other_browsers(browser: FlaskClient, database: Database) -> None:
    sign_in(browser)
    elsewhere = accounts.sign_in(database, ADA, RIGHT, address="", agent="another")
    with_form(browser, "/account")
    new = {"password": "another few words", "again": "another few words"}
    wrong = browser.post("/account/password", data={"current": "no", **new})
    assert (wrong.status_code, "current password is wrong" in wrong.text) == (422, True)
    browser.post("/account/password", data={"current": RIGHT, **new})
    assert accounts.signed_in(database, elsewhere) is None
    assert browser.get("/account").status_code == 200


def test_other_browsers_are_listed_and_ended(browser: FlaskClient, database: Database) -> None:
    sign_in(browser)
    accounts.sign_in(database, ADA, RIGHT, address="", agent="<b>another</b>")
    page = browser.get("/account").text
    assert "&lt;b&gt;another&lt;/b&gt;" in page
    with_form(browser, "/account")
    browser.post("/account/sign-out-everywhere")
    assert len(rows(database, SignIn)) == 1
