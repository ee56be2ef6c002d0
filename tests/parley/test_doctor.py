"""`parley doctor` checks what it says: the database, our numbers, and the way to PUBLIC_URL."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from pipeline.database import Database
from pipeline.providers.twilio.provider import Twilio
from pipeline.providers.twilio.settings import Account
from pipeline.unreachable import why_unreachable
from tests.builders import a_runtime
from web import front_door
from web.app import create_app

Answer = tuple[int, dict[str, str], str]
SID = "AC" + "0" * 32


@contextmanager
def a_server(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[str]:
    """A server on this machine; what it was asked decides what it answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path, dict(self.headers))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object, **more: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def parley_with(key: str) -> Callable[[str, dict[str, str]], Answer]:
    """The front door of an installation with this SECRET_KEY."""

    def answer(path: str, headers: dict[str, str]) -> Answer:
        assert path == "/healthz"
        return 200, {front_door.PROOF: front_door.proof(key, headers[front_door.CHALLENGE])}, "ok"

    return answer


def test_the_own_installation_proves_itself() -> None:
    with a_server(parley_with("key")) as url:
        assert front_door.problem(url, "key") == ""
        assert "another SECRET_KEY" in front_door.problem(url, "another")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, "ok"), "something else answers"),
        ((200, {front_door.PROOF: "0" * 64}, "ok"), "something else answers"),
        ((301, {"Location": "https://x.example/healthz"}, ""), "it redirects to https://x.example"),
        ((502, {}, "bad gateway"), "it answers 502; check the proxy"),
        ((404, {}, ""), "it answers 404"),
    ],
)
def test_a_wrong_front_door_is_told(answer: Answer, words: str) -> None:
    with a_server(lambda _path, _headers: answer) as url:
        assert words in front_door.problem(url, "key")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1", "nothing answers there; start `parley web`"),
        ("http://no-such-host.invalid", "its host name is unknown"),
    ],
)
def test_no_front_door_is_told(url: str, words: str) -> None:
    assert words in front_door.problem(url, "key")


def test_healthz_answers_a_challenge(database: Database) -> None:
    key = SecretStr("k" * 32)
    client = create_app(a_runtime(database, secret_key=key), lambda _pool: None).test_client()
    found = client.get("/healthz", headers={front_door.CHALLENGE: "abc"})
    assert found.headers[front_door.PROOF] == front_door.proof("k" * 32, "abc") != ""
    assert front_door.PROOF not in client.get("/healthz").headers
    wrong = client.get("/healthz", headers={front_door.CHALLENGE: "a b"})
    assert wrong.headers[front_door.PROOF] == ""


def numbers(*owned: str, senders: tuple[str, ...] = ()) -> Callable[[str, object], Answer]:
    """Twilio, whose account has these numbers and WhatsApp senders."""

    def answer(path: str, _headers: object) -> Answer:
        if path == f"/2010-04-01/Accounts/{SID}.json":
            found: object = {"sid": SID, "status": "active"}
        elif "/IncomingPhoneNumbers.json" in path:
            asked = path.partition("PhoneNumber=%2B")[2].partition("&")[0]
            items = [{"phone_number": one} for one in owned if asked in one]
            found = {"incoming_phone_numbers": items, "page_size": 20}
        elif path.startswith("/v2/Channels/Senders"):
            found = {"senders": [{"sender_id": f"whatsapp:{one}"} for one in senders]}
        elif path == "/v1/Services/MG1":
            found = {"sid": "MG1"}
        else:
            return 404, {}, json.dumps({"code": 20404, "message": "not found"})
        return 200, {"Content-Type": "application/json"}, json.dumps(found)

    return answer


@pytest.mark.parametrize(
    ("number", "service", "problem"),
    [
        ("+14155550100", "", ""),
        ("+14155550199", "", ""),  # of WhatsApp only
        ("+14155550111", "", "the account has no number +14155550111; set TWILIO_PHONE_NUMBER"),
        ("", "MG1", ""),
        ("+14155550100", "MG2", "the account has no Messaging Service MG2"),
    ],
)
def test_our_number_belongs_to_the_account(number: str, service: str, problem: str) -> None:
    with a_server(numbers("+14155550100", senders=("+14155550199",))) as url:
        found = Twilio(Account(SID, ("token",), number, service, api_base_url=url)).check()
    assert len(found) == bool(problem)
    assert problem in "".join(found)


def reason(url: str) -> str:
    database = Database(url, statement_seconds=2)
    with pytest.raises(SQLAlchemyError) as raised, database.read():
        pass
    database.close()
    return why_unreachable(raised.value)


def test_a_missing_database_is_called_that(database: Database) -> None:
    if not database.is_sqlite:
        url = database.engine.url.set(database="parley_is_not_here")
        said = reason(url.render_as_string(hide_password=False))
        assert said.startswith('there is no database "parley_is_not_here"; create it with')


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://x@127.0.0.1:1/x", "nothing listens at this address"),
        ("postgresql+psycopg://x@no-such-host.invalid/x", "the host name is unknown"),
    ],
)
def test_other_faults_have_words_of_their_own(url: str, words: str) -> None:
    assert words in reason(url)
