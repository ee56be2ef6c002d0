"""Odd and hostile webhooks through the real web server: a clear answer, nothing lost."""

from typing import Any
from urllib.request import urlopen

import pytest
from sqlalchemy import select

from pipeline.records.core.inbox import Entry
from proving.faults import Stack, eventually, fake_contact
from proving.faults.fake_twilio import inbound_form

pytestmark = pytest.mark.parametrize("stack", ["postgresql + redis"], indirect=True)

OUR_WHATSAPP = "whatsapp:+15550100"
MEDIA = {f"MediaUrl{n}": f"https://api.twilio.com/media/{n}" for n in range(20)}
TYPES = {f"MediaContentType{n}": "image/jpeg" for n in range(20)}


def entries(stack: Stack, sid: str) -> list[Any]:
    """The inbox rows of a message."""
    with stack.database.read() as connection:
        return list(connection.execute(select(Entry.status).where(Entry.provider_id == sid)))


def test_a_wrong_signature_is_refused(stack: Stack) -> None:
    form = inbound_form(From=fake_contact(stack).number)
    status, text = stack.deliver(form, token="another-token")
    assert (status, "Traceback" in text) == (403, False)
    assert entries(stack, form["MessageSid"]) == []


def test_a_missing_sender_is_named(stack: Stack) -> None:
    form = inbound_form()
    del form["From"]
    status, text = stack.deliver(form)
    assert (status, text) == (400, "From: missing; expected an address such as +15550100\n")
    assert entries(stack, form["MessageSid"]) == []


SENDERS = (
    *("whatsapp:+5215512345678", "whatsapp:+22961234567", "+861064812345678", "+24273", "+1"),
    *("rcs:+14155550299", "messenger:1234567890", "telegram:ada", "VERIFY!", "Müller", "Info:Bank"),
    *(
        "a@b.co",
        "TWELVELETTER",
        "🍕 Pizza",
        "\u202a+14155550298\u202c",
        "\u200b",
        "x" * 5000,
        "a\0b",
    ),
)


@pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: ascii(sender)[:30])
def test_whoever_writes_is_heard(stack: Stack, sender: str) -> None:
    form = inbound_form(From=sender, Body="hello")
    assert stack.deliver(form)[0] == 200
    eventually(lambda: [row.status for row in entries(stack, form["MessageSid"])] == ["handled"])


def test_a_refused_webhook_is_counted(stack: Stack) -> None:
    form = inbound_form(From=" ")
    assert stack.deliver(form)[0] == 400
    refused = b'parley_webhooks_refused_total{provider="twilio",reason="sender"}'
    eventually(lambda: refused in urlopen(f"{stack.url}/metrics").read())


def test_a_form_of_70_kib_is_too_large(stack: Stack) -> None:
    form = inbound_form(From=fake_contact(stack).number, Body="x" * 70 * 1024)
    status, text = stack.deliver(form)
    assert (status, "Traceback" in text) == (413, False)
    assert entries(stack, form["MessageSid"]) == []


@pytest.mark.parametrize(
    ("fields", "logged"),
    [
        ({"Body": ""}, ""),
        ({"Body": "long " * 400}, "long " * 400),
        ({"Body": "👩‍👩‍👧 zażółć"}, "👩‍👩‍👧 zażółć"),
        ({"Body": "a\0b"}, None),
        ({"Body": "Robert'); DROP TABLE message;--"}, "Robert'); DROP TABLE message;--"),
        ({"To": "384387"}, "Hello"),
        ({"Body": "", "NumMedia": "20", **MEDIA, **TYPES}, ""),
        ({"SomethingNew2027": "yes"}, "Hello"),
    ],
    ids=["empty", "2000 characters", "emoji", "NUL", "SQL", "short code", "20 media", "unknown"],
)
def test_odd_messages_are_answered(
    stack: Stack, fields: dict[str, str], logged: str | None
) -> None:
    person = fake_contact(stack)
    sid = person.says(**{"text": "Hello", **_text(fields)})
    eventually(lambda: len(person.got) == 1)
    heard = person.log[0]
    assert (heard["provider_id"], len(heard["media"])) == (sid, int(fields.get("NumMedia", 0)))
    assert heard["body"] == logged if logged is not None else "\0" not in heard["body"]


def _text(fields: dict[str, str]) -> dict[str, str]:
    return {"text" if name == "Body" else name: value for name, value in fields.items()}


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [("whatsapp:US.13491208655302741918", OUR_WHATSAPP), ("384387", "+15550100")],
    ids=["whatsapp user id", "short code"],
)
def test_contacts_without_a_number_are_answered(stack: Stack, sender: str, recipient: str) -> None:
    status, _ = stack.post(From=sender, To=recipient, ExternalUserId=sender)
    assert status == 200
    created = eventually(lambda: [c for c in stack.fake.creates if c.to == sender])
    assert created[0].sender == recipient
    found = stack.get("/contacts?limit=200")["items"]
    assert [c["phone"] for c in found if c["address"] == sender] == [None]
