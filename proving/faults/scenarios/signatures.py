"""Signatures: forged webhooks change nothing, real ones of every shape are one row each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from twilio.request_validator import (
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
)

from proving.faults.contacts import FakeContact
from proving.faults.fake_twilio import inbound_form
from proving.faults.fake_twilio.webhooks import TOKEN, Form, post_form, signed_headers
from proving.faults.run import Run
from proving.faults.scenario import Group
from proving.faults.snapshots import changes, snapshot
from proving.faults.stack import PUBLIC_URL
from proving.faults.traffic import numbered

scenario = Group("receiver", [])

_PATH = "/webhooks/twilio"
_URL = PUBLIC_URL + _PATH
_STRANGER = "+14155559876"
_FORGED = "a forged medlar"
_OLD_TOKEN = "token-before-the-rotation"
_STOLEN = "token-of-somebody-else"

Headers = Callable[[Form], Mapping[str, str]]


def _for(url: str) -> Headers:
    return partial(signed_headers, url)


def _without_blanks(form: Form) -> Mapping[str, str]:
    return signed_headers(_URL, {name: value for name, value in form.items() if value})


def _of_another_text(form: Form) -> Mapping[str, str]:
    return signed_headers(_URL, {**form, "Body": "what was signed"})


# Each is refused; what is wrong with it, and its headers.
FORGERIES: Mapping[str, Headers] = {
    "no signature": lambda form: {**signed_headers(_URL, form), SIGNATURE_HEADER: ""},
    "nonsense": lambda form: {**signed_headers(_URL, form), SIGNATURE_HEADER: "ünsinn+/=="},
    "another token": lambda form: signed_headers(_URL, form, _STOLEN),
    "another host": _for(f"https://parley.example.org{_PATH}"),
    "another port": _for(f"https://parley.example:8443{_PATH}"),
    "http": _for(f"http://parley.example{_PATH}"),
    "another path": _for(f"{_URL}/status"),
    "a query": _for(f"{_URL}?m=1"),
    "another text": _of_another_text,
    "blanks left out": _without_blanks,
    "another algorithm": lambda form: {
        **signed_headers(_URL, form),
        SIGNATURE_SETTINGS_HEADER: "key=1,algorithm=HMAC_SHA256",
    },
    "an unknown algorithm": lambda form: {
        **signed_headers(_URL, form),
        SIGNATURE_SETTINGS_HEADER: "key=1,algorithm=NONE",
    },
}


@scenario("F8 forged webhooks", is_quick=True)
def forged(run: Run) -> None:
    """Wrong signatures, hosts, ports and tokens are 403, change no row, and leave no trace in logs.

    So does a real signature under a form that was changed after it.
    """
    run.secrets += [_STRANGER, _FORGED, _STOLEN]
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(3), 2))
    run.settle()
    before = snapshot(run)
    for label, headers in FORGERIES.items():
        form = inbound_form(From=_STRANGER, Body=_FORGED)
        status, _ = post_form(run.stack.url + _PATH, form, headers(form))
        assert status == 403, f"{label}: answered {status}"
        run.record(f"forged: {label}")
    assert not (changed := changes(before, snapshot(run))), changed


@dataclass(frozen=True, slots=True)
class Shape:
    """A real form: `text` is what the bot must receive, `fields` replace those of a plain form."""

    text: str
    fields: Mapping[str, str | list[str]]
    address: str = ""


_MEDIA = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
SHAPES: Mapping[str, Shape] = {
    "a Messaging Service": Shape("by a service", {"MessagingServiceSid": "MG" + "1" * 32}),
    "a sub-account": Shape("by a sub-account", {"AccountSid": "AC" + "f" * 32}),
    "blank text": Shape("", {"ProfileName": ""}),
    "emoji": Shape("quinces 🍐 für 三人 \u200f شكرا", {}),
    "a field several times": Shape("with copies", {"Tag": ["one", "two", "one", ""]}),
    "new fields": Shape("from the future", {"NewIn2031": '{"a": [1]}', "Ünknown": "ß"}),
    "a picture without text": Shape(
        "", {"Body": [], "NumMedia": "1", "MediaUrl0": _MEDIA, "MediaContentType0": "image/png"}
    ),
    "a place": Shape("", {"Body": [], "Latitude": "52.5163", "Longitude": "13.3777"}),
    "a tap": Shape(
        "Talk to us", {"Body": "tapped", "ButtonText": "Talk to us", "ButtonPayload": "human"}
    ),
    "a NUL": Shape("before\ufffdafter", {"Body": "before\0after"}),
    "a long text": Shape("quince " * 220, {}),
    "to a short code": Shape("to a short code", {"To": "384387"}),
    "from a short code": Shape("from a short code", {}, "72975"),
    "a business-scoped user id": Shape(
        "without a number", {"ExternalUserId": "US.1234567890"}, "whatsapp:US.1234567890"
    ),
}


@scenario("F8 webhooks of every shape")
def shapes(run: Run) -> None:
    """Every shape of a real form is 200 and one row: services, blanks, emoji, media, short codes.

    Signed with the token of before a rotation, by HMAC-SHA256 and with the port in the URL too.
    """
    run.stack.environment["TWILIO_AUTH_TOKEN"] = f"{TOKEN},{_OLD_TOKEN}"
    run.secrets.append(_OLD_TOKEN)
    run.start()
    for label, shape in SHAPES.items():
        said = run.traffic.say(_writer(run, shape.address), shape.text, fields=shape.fields)
        assert said.answers == [200], f"{label}: {said.answers}"
        run.record(f"took {label}")
    for label, headers in _SIGNED.items():
        run.traffic.headers = headers
        said = run.traffic.say(_writer(run), f"signed {label}")
        assert said.answers == [200], f"{label}: {said.answers}"
        run.record(f"took what was signed {label}")
    run.settle()
    missing = {said.sid for said in run.traffic.said} - run.handled()
    assert not missing, f"not handled: {missing}"


_SIGNED: Mapping[str, Callable[[str, Form], Mapping[str, str]]] = {
    "with the token of before": lambda url, form: signed_headers(url, form, _OLD_TOKEN),
    "by HMAC-SHA256": lambda url, form: signed_headers(url, form, TOKEN, HMAC_SHA256),
    "with the port written": lambda _, form: signed_headers(
        f"https://parley.example:443{_PATH}", form
    ),
}


def _writer(run: Run, address: str = "") -> FakeContact:
    if not address:
        return run.fake_contacts(1)[0]
    channel, _, name = address.rpartition(":")
    return FakeContact(run.stack, name, channel or "sms")
