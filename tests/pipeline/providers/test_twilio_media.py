"""Files that came with messages: which addresses are called, with what, and what comes back."""

import pytest

from pipeline.errors import MediaUnavailable
from pipeline.providers.twilio.media import LARGEST_FILE, Files
from pipeline.providers.twilio.rest import PooledClient
from pipeline.providers.twilio.settings import Account
from proving.faults.fake_twilio import Answer, FakeTwilio
from proving.faults.fake_twilio.webhooks import ACCOUNT, TOKEN
from tests.pipeline.providers.build import a_twilio

MESSAGE, FILE = "MM" + "0a" * 16, "ME" + "0b" * 16
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE}/Media/{FILE}"
URL = f"https://api.twilio.com{PATH}"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300


def a_picture(content: bytes = PNG, **headers: str) -> Answer:
    return Answer(200, content, headers={"Content-Type": "image/png"} | headers)


def sent_on(place: str) -> Answer:
    return Answer(307, "", headers={"Location": place})


def read(fake: FakeTwilio, url: str = URL) -> bytes:
    file = a_twilio(fake).media(url)
    assert file
    content = b"".join(file.chunks)
    file.close()
    return content


def test_a_file_is_read_with_the_password(fake: FakeTwilio) -> None:
    fake.files[PATH] = a_picture()
    file = a_twilio(fake).media(URL)
    assert file
    assert (file.content_type, file.length) == ("image/png", len(PNG))
    assert b"".join(file.chunks) == PNG
    file.close()


def test_the_address_may_name_the_other_server(fake: FakeTwilio) -> None:
    fake.files[PATH] = a_picture()
    assert read(fake, fake.url + PATH) == PNG


def test_the_password_is_not_taken_along(fake: FakeTwilio) -> None:
    fake.files |= {PATH: sent_on("/kept/1?Signature=x"), "/kept/1": a_picture()}
    assert read(fake) == PNG
    first, second = fake.file_requests
    assert "authorization" in first.headers
    assert "authorization" not in second.headers
    assert second.query == "Signature=x"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "https://example.com/a.png",
        f"https://example.com{PATH}",
        f"https://api.twilio.com.example.com{PATH}",
        f"https://api.twilio.com@example.com{PATH}",
        f"https://user:word@api.twilio.com{PATH}",
        f"https://api.twilio.com:8443{PATH}",
        f"http://api.twilio.com{PATH}",
        "https://api.twilio.com/2010-04-01/Accounts.json",
        f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE}/Media/..%2f..",
        f"https://api.twilio.com{PATH}/../../../../Tokens.json",
        f"https://api.twilio.com{PATH}.json",
        "https://mms.twiliocdn.com/a",
        "https://[::1/a",
        "https://api.twilio.com:99999/a",
    ],
)
def test_no_other_address_is_called(fake: FakeTwilio, url: str) -> None:
    assert a_twilio(fake).media(url) is None
    assert fake.connections == 0


@pytest.mark.parametrize(
    "place",
    [
        "",
        "https://example.com/file",
        "http://mms.twiliocdn.com/file",
        "https://mms.twiliocdn.com:8443/file",
        "https://twiliocdn.com.example.com/file",
        "https://faketwiliocdn.com/file",
        "https://user@mms.twiliocdn.com/file",
        "https://s3-external-1.amazonaws.com/another-bucket/file",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../another-bucket/file",
        "http://127.0.0.1:1/file",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "//example.com/file",
    ],
)
def test_no_other_redirect_is_followed(fake: FakeTwilio, place: str) -> None:
    fake.files[PATH] = sent_on(place)
    with pytest.raises(
        MediaUnavailable, match=r"redirected to an address that is not|answered 401"
    ):
        read(fake)
    assert all(request.path == PATH for request in fake.file_requests)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 (nothing listens there)
        "224.0.0.1",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:127.0.0.1",
    ],
)
@pytest.mark.parametrize(
    "place",
    ["https://mms.twiliocdn.com/f", "https://s3-external-1.amazonaws.com/media.twiliocdn.com/f"],
)
def test_no_private_address_is_called(fake: FakeTwilio, place: str, address: str) -> None:
    fake.files[PATH] = sent_on(place)
    settings = Account(account_sid=ACCOUNT, auth_tokens=(TOKEN,), api_base_url=fake.url)
    # One public address among them makes the others no better.
    files = Files(
        PooledClient(fake.url, read_seconds=5), settings, resolve=lambda _: ["8.8.8.8", address]
    )
    with pytest.raises(MediaUnavailable, match="no public address"):
        files.open(URL)


def test_redirects_come_to_an_end(fake: FakeTwilio) -> None:
    fake.files |= {PATH: sent_on("/round"), "/round": sent_on("/round")}
    with pytest.raises(MediaUnavailable, match="redirected too many times"):
        read(fake)


def test_a_file_that_is_gone_says_so(fake: FakeTwilio) -> None:
    with pytest.raises(MediaUnavailable, match="Twilio has no such file"):
        read(fake)


@pytest.mark.parametrize("status", [204, 401, 403, 500])
def test_other_answers_are_told(fake: FakeTwilio, status: int) -> None:
    fake.files[PATH] = Answer(status, "")
    with pytest.raises(MediaUnavailable, match=f"Twilio answered {status}"):
        read(fake)


def test_a_file_that_is_too_large_is_not_read(fake: FakeTwilio) -> None:
    fake.files[PATH] = a_picture(b"", **{"Content-Length": str(LARGEST_FILE + 1)})
    with pytest.raises(MediaUnavailable, match="larger than any"):
        read(fake)


def test_a_file_of_no_told_length_ends_at_the_limit(fake: FakeTwilio) -> None:
    size = LARGEST_FILE + 1
    content = f"{size:x}\r\n".encode() + bytes(size) + b"\r\n0\r\n\r\n"
    fake.files[PATH] = a_picture(content, **{"Transfer-Encoding": "chunked"})
    with pytest.raises(MediaUnavailable, match="too large"):
        read(fake)


def test_a_file_that_breaks_off_says_so(fake: FakeTwilio) -> None:
    content = b"5\r\nhello\r\nnot a length\r\n"
    fake.files[PATH] = a_picture(content, **{"Transfer-Encoding": "chunked"})
    with pytest.raises(MediaUnavailable, match="in the middle"):
        read(fake)


def test_a_dead_twilio_says_so() -> None:
    with pytest.raises(MediaUnavailable, match="did not answer"):
        a_twilio().media(URL)
