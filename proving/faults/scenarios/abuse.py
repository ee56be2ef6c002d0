"""Abuse of the receiver: forms and bytes that no provider sends, and clients that dawdle."""

import contextlib
import itertools
import socket
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from sqlalchemy import func, select

from pipeline.messages import storable
from pipeline.records.core.inbox import Entry
from proving.faults import slow_clients
from proving.faults.contacts import FakeContact
from proving.faults.fake_twilio import inbound_form
from proving.faults.fake_twilio.webhooks import sign
from proving.faults.run import Run
from proving.faults.scenario import Group
from proving.faults.slow_clients import SlowClients
from proving.faults.stack import PUBLIC_URL
from proving.faults.traffic import numbered

scenario = Group("limits", [])

_PATH = "/webhooks/twilio"
_FORM = "application/x-www-form-urlencoded"
_ANSWERED_WITHIN_SECONDS = 2.0
_HEAD = f"POST {_PATH} HTTP/1.1\r\nHost: parley.example\r\n"
# The answers that bytes may have; "" is a connection that ends without one.
_REFUSED = {"400", "403", "405", "411", "413", "414", "415", "431", "501", "505", ""}


def _odd_bytes() -> Iterator[tuple[str, bytes]]:
    """What a stranger may send, unsigned, by name."""
    yield "garbage", bytes(range(256)) * 8
    yield "nothing but line ends", b"\r\n" * 100
    yield (
        "HTTP/1.0 without a host",
        f"POST {_PATH} HTTP/1.0\r\nContent-Length: 3\r\n\r\na=1".encode(),
    )
    yield "a header of 1 MB", f"{_HEAD}X-Long: {'a' * 2**20}\r\n\r\n".encode()
    yield "10,000 headers", (_HEAD + "X-Many: 1\r\n" * 10_000 + "\r\n").encode()
    yield "a path of 1 MB", f"POST /{'a' * 2**20} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    yield "a negative length", f"{_HEAD}Content-Length: -1\r\n\r\na=1".encode()
    yield "two lengths", f"{_HEAD}Content-Length: 3\r\nContent-Length: 4\r\n\r\na=1x".encode()
    smuggled = "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    yield "a length and chunks", f"{_HEAD}{smuggled}".encode()
    yield "a chunk of no size", f"{_HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\na=1\r\n".encode()
    chunks = "8000\r\n" + "a" * 0x8000 + "\r\n"
    yield "chunks without end", f"{_HEAD}Transfer-Encoding: chunked\r\n\r\n{chunks * 8}".encode()
    yield "HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(64)
    yield "NUL in the path", b"POST /webhooks/\x00twilio HTTP/1.1\r\nHost: x\r\n\r\n"
    yield "a body that ends early", f"{_HEAD}Content-Length: 500\r\n\r\nBody=a".encode()
    yield "TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(512)


def _odd_forms(person: FakeContact) -> Iterator[tuple[str, Mapping[str, object], int]]:
    """Signed forms without a message: what is odd, the fields, and the answer they must have."""
    numbers = itertools.count(1)

    def form(**fields: str) -> dict[str, str]:
        return inbound_form(From=person.number, MessageSid=f"SM0dd{next(numbers):029x}", **fields)

    for name in ("From", "MessageSid"):
        lacking = form() | {"SmsSid": "", "SmsMessageSid": ""}
        del lacking[name]
        yield f"no {name}", lacking, 400
    yield "10,000 fields", form() | {f"Field{n}": "1" for n in range(10_000)}, 413
    yield "2,000 fields", form() | {f"F{n}": "1" for n in range(2000)}, 400
    yield "a body of 70 KB", form(Body="x" * 70_000), 413


@scenario("L3 huge and malformed", is_quick=True)
def malformed(run: Run) -> None:
    """Bytes that are not HTTP, forms without a message: refused, with nothing half-done.

    After each of them the receiver takes an ordinary message.
    """
    run.start()
    (person,) = run.fake_contacts(1)
    for name, sent in _odd_bytes():
        answer = _exchange(run, sent)
        assert answer in _REFUSED, f"{name} was answered {answer!r}"
        run.record(f"sent {name}: {answer or 'no answer'}")
        run.traffic.say(person, f"quince after {name}")
    for name, fields, expected in _odd_forms(person):
        status, words = _post(run, urlencode(fields), fields)
        assert status == expected, f"{name} was answered {status}: {words[:200]}"
        if name.startswith("no "):
            assert name.removeprefix("no ") in words, f"{name} was not named: {words[:200]}"
        run.record(f"posted {name}: {status}")
        run.traffic.say(person, f"quince after {name}")
    _odd_words(run, person)
    taken = _rows(run)
    assert taken == len(run.traffic.said), f"{taken} rows of {len(run.traffic.said)} messages"


def _odd_words(run: Run, person: FakeContact) -> None:
    """What must still be accepted, cleaned: NUL, half of a surrogate pair, invalid UTF-8."""
    said = run.traffic.say(person, "quince \x00 and a tag \U000e0001 and \u202e")
    said.text = storable(said.text)
    # Neither can be signed as Twilio would, so the signature is over something else.
    for raw in (b"Body=%ED%A0%80", b"Body=%FF%FE", b"Body=%zz%", b"\xff\xfe=\x80"):
        status, _ = _post(run, raw.decode("latin-1"), {"Body": "?"})
        assert status == 403, f"{raw!r} was answered {status}"
    status, _ = _post(
        run, '{"Body": "hi"}', {'{"Body": "hi"}': ""}, content_type="application/json"
    )
    assert status in {403, 415}, f"JSON was answered {status}"
    parts = '--b\r\nContent-Disposition: form-data; name="Body"\r\n\r\nhi\r\n--b--\r\n'
    status, _ = _post(run, parts, {}, content_type="multipart/form-data; boundary=b")
    assert status in {403, 415}, f"a multipart form was answered {status}"


def _post(
    run: Run, body: str, signed: Mapping[str, object], *, content_type: str = _FORM
) -> tuple[int, str]:
    """Post a body as it is, with the signature of these fields: the status and the words."""
    headers = {"Content-Type": content_type, "Connection": "close"}
    fields = {name: str(value) for name, value in signed.items()}
    headers["X-Twilio-Signature"] = sign(PUBLIC_URL + _PATH, fields)
    octets = body.encode("latin-1")
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([_HEAD.rstrip(), *lines, f"Content-Length: {len(octets)}", "", ""])
    answer = _said_to(run, head.encode() + octets, patience_seconds=10)
    words = answer.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
    return int(answer[9:12] or 0), words


def _exchange(run: Run, sent: bytes) -> str:
    """The status that these bytes are answered with; "" for none."""
    return _said_to(run, sent)[9:12].decode("latin-1")


def _said_to(run: Run, sent: bytes, *, patience_seconds: float = 1.0) -> bytes:
    address = urlsplit(run.stack.url)
    heard = b""
    # Nobody hangs up in the middle of it: the server drops an answer to a half-closed connection.
    with socket.create_connection((address.hostname or "", address.port or 0)) as link:
        link.settimeout(patience_seconds)
        # A time-out or a reset: what was heard before counts.
        with contextlib.suppress(OSError):
            link.sendall(sent)
        with contextlib.suppress(OSError):
            while piece := link.recv(65536):
                heard += piece
    return heard


def _rows(run: Run) -> int:
    with run.stack.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(Entry)).scalar_one())


@scenario("L4 slow clients", is_quick=True)
def slow(run: Run) -> None:
    """500 clients send a header byte by byte, 200 a body, 300 nothing: others are answered."""
    _dawdle(run, 8.0)


@scenario("L4 slow clients are cut off")
def slow_cut_off(run: Run) -> None:
    """The same for 40 s: headers are given 10 s, idle connections too, bodies 15 s."""
    clients = _dawdle(run, 40.0)
    run.measured(f"{clients.ended} slow connections were ended by the server")
    assert clients.ended >= 1000, f"only {clients.ended} slow connections were ended"


def _dawdle(run: Run, seconds: float) -> SlowClients:
    run.start()
    clients = SlowClients(run.stack.url)
    clients.connect(slow_clients.SLOW_BODY, 150)
    clients.connect(slow_clients.ENDLESS_CHUNKS, 50)
    clients.connect(slow_clients.SLOW_HEADER, 500)
    clients.connect(slow_clients.SILENT, 200)
    clients.connect(slow_clients.IDLE, 100)
    run.record("1,000 slow connections")
    fake_contacts = run.fake_contacts(10)
    with clients.speaking():
        run.traffic.send_all(numbered(fake_contacts, int(seconds * 2)), every_seconds=0.5)
    waits = _waits(run)
    run.measured(f"webhooks during slow clients: slowest {max(waits):.2f} s of {len(waits)}")
    assert max(waits) < _ANSWERED_WITHIN_SECONDS, f"a webhook waited {max(waits):.1f} s"
    return clients


def _waits(run: Run) -> Sequence[float]:
    """From each webhook to its acknowledgement, in seconds."""
    return [said.acked_at - said.sent_at for said in run.traffic.said if said.acked_at]
