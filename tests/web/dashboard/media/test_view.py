"""Files of messages: handed through as downloads, or named with their address."""

from collections.abc import Iterator
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import Row

from pipeline.database import Database
from pipeline.providers.twilio.media import LARGEST_FILE
from pipeline.wakeups import Pool
from proving.faults.fake_twilio import Answer, FakeTwilio
from proving.faults.fake_twilio.webhooks import ACCOUNT, TOKEN
from tests.builders import a_conversation, a_message, a_runtime
from tests.web.dashboard.conftest import signed_in
from web.app import create_app

PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/MM{'0a' * 16}/Media/ME{'0b' * 16}"
URL = f"https://api.twilio.com{PATH}"
SANDBOX = "default-src 'none'; sandbox"


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    """A Twilio that answers on a port of this machine."""
    with FakeTwilio() as running:
        yield running


@pytest.fixture
def app(database: Database, fake: FakeTwilio, wakeups: list[Pool]) -> APIFlask:
    """The web process of a Twilio account."""
    settings: dict[str, Any] = {
        "provider": "twilio",
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": SecretStr(TOKEN),
        "twilio_api_base_url": fake.url,
    }
    return create_app(a_runtime(database, **settings), wakeups.append)


def a_file(
    database: Database, url: str = URL, content_type: str = "", **values: Any
) -> tuple[str, Row[Any]]:
    """The address of a file that came in through Twilio, and its message."""
    media = [{"url": url, "content_type": content_type, "name": ""}]
    given = {"provider": "twilio", "media": media, "kind": "media", "body": ""}
    message = a_message(database, a_conversation(database), **(given | values))
    return f"/media/{message.public_id}/1", message


def test_a_file_is_a_download(viewer: FlaskClient, database: Database, fake: FakeTwilio) -> None:
    address, message = a_file(database)
    fake.files[PATH] = Answer(200, b"\x89PNG", headers={"Content-Type": "image/png"})
    answer = viewer.get(address)
    assert (answer.status_code, answer.data) == (200, b"\x89PNG")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == "4"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{message.public_id}-1.png"'
    )
    assert answer.headers["Content-Security-Policy"] == SANDBOX
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "application/javascript",
        "text/xml",
        "image/png/../html",
        "nonsense",
        "",
    ],
)
def test_what_a_browser_could_run_is_bytes(
    viewer: FlaskClient, database: Database, fake: FakeTwilio, content_type: str
) -> None:
    address, _ = a_file(database)
    fake.files[PATH] = Answer(
        200, b"<script>alert(1)</script>", headers={"Content-Type": content_type}
    )
    answer = viewer.get(address)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Disposition"].endswith('-1.bin"')
    assert answer.headers["Content-Security-Policy"] == SANDBOX


def test_a_type_with_more_to_say_is_cut(
    viewer: FlaskClient, database: Database, fake: FakeTwilio
) -> None:
    address, _ = a_file(database)
    headers = {"Content-Type": 'Audio/OGG; codecs=opus; x="<>"'}
    fake.files[PATH] = Answer(200, b"OggS", headers=headers)
    assert viewer.get(address).headers["Content-Type"] == "audio/ogg"


def test_a_large_file_comes_whole(
    viewer: FlaskClient, database: Database, fake: FakeTwilio
) -> None:
    content = bytes(range(256)) * 20_000
    address, _ = a_file(database)
    fake.files[PATH] = Answer(200, content, headers={"Content-Type": "video/mp4"})
    assert viewer.get(address).data == content


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (Answer(404, ""), "Twilio has no such file"),
        (Answer(500, ""), "Twilio answered 500"),
        (Answer(0, is_reset=True), "Twilio did not answer"),
        (Answer(307, "", headers={"Location": "http://169.254.169.254/"}), "not one of its file"),
        (Answer(200, "", headers={"Content-Length": str(LARGEST_FILE + 1)}), "larger than any"),
    ],
)
def test_a_file_that_cannot_be_had_says_why(
    viewer: FlaskClient, database: Database, fake: FakeTwilio, given: Answer, reason: str
) -> None:
    address, message = a_file(database)
    fake.files[PATH] = given
    answer = viewer.get(address)
    assert answer.status_code == 502
    assert reason in answer.text
    assert f"/conversations/{message.conversation_id}" in answer.text
    assert 'data-version=""' in answer.text


@pytest.mark.parametrize(
    ("url", "values"),
    [
        ("https://example.com/a.png", {}),
        # An operator's own link, even one to Twilio, is never called with the password.
        (URL, {"direction": "outbound"}),
        (URL, {"provider": "simulator"}),
    ],
)
def test_a_file_elsewhere_is_named(
    viewer: FlaskClient, database: Database, fake: FakeTwilio, url: str, values: dict[str, str]
) -> None:
    address, _ = a_file(database, url, **values)
    answer = viewer.get(address)
    assert answer.status_code == 200
    assert "External file" in answer.text
    assert f'<a href="{url}" rel="noreferrer noopener nofollow" target="_blank"' in answer.text
    assert fake.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "//example.com/a",
        "http://[::1",
        "",
    ],
)
def test_what_is_no_link_is_none(viewer: FlaskClient, database: Database, url: str) -> None:
    address, _ = a_file(database, url)
    page = viewer.get(address).text
    assert "This link can't be opened safely" in page
    assert "<script>alert" not in page
    assert "noreferrer" not in page


def test_a_link_is_shown_in_ascii(viewer: FlaskClient, database: Database) -> None:
    address, _ = a_file(database, 'https://exämple.com/\u202egnp.exe?a="><script>alert(1)</script>')
    page = viewer.get(address).text
    assert "https://xn--exmple-cua.com/%E2%80%AEgnp.exe" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("number", [0, 2, 10**30])
def test_a_file_that_is_not_there_is_not_found(
    viewer: FlaskClient, database: Database, number: int
) -> None:
    address, _ = a_file(database)
    assert viewer.get(address.removesuffix("1") + str(number)).status_code == 404


def test_a_message_that_is_not_there_is_not_found(viewer: FlaskClient) -> None:
    assert viewer.get("/media/00000000-0000-4000-8000-000000000000/1").status_code == 404


def test_nobody_else_gets_a_file(app: APIFlask, database: Database, fake: FakeTwilio) -> None:
    address, _ = a_file(database)
    fake.files[PATH] = Answer(200, b"\x89PNG", headers={"Content-Type": "image/png"})
    assert app.test_client().get(address).status_code == 303
    assert fake.file_requests == []


def test_the_log_links_to_the_file(app: APIFlask, database: Database) -> None:
    address, message = a_file(database, content_type="image/png")
    page = signed_in(app, database, "viewer").get(f"/contacts/{message.contact_id}").text
    assert f'href="{address}"' in page
