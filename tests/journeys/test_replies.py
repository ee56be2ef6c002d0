"""The main journey: a signed webhook in, replies out in order, everything in the log."""

import secrets
from concurrent.futures import ThreadPoolExecutor

from proving.faults import FakeContact, Stack, eventually, fake_contact

GREETING = "Hi! What can I do for you?\n\n1. Book a visit\n2. Get support\nReply with a number."


def test_a_message_is_answered_and_logged(stack: Stack) -> None:
    person = fake_contact(stack)
    sid = person.says("hello")
    eventually(lambda: person.got == [GREETING])
    contact, conversation = person.contact, person.conversation
    assert contact
    assert (contact["phone"], contact["opted_out"]) == (person.number, False)
    assert (conversation["contact_id"], conversation["channel"]) == (contact["id"], "sms")
    assert (conversation["state"], conversation["state_known"]) == ("unstructured", True)
    eventually(lambda: len(person.log) == 2)
    inbound, outbound = person.log
    assert (inbound["provider_id"], inbound["body"]) == (sid, "hello")
    assert (outbound["author"], outbound["body"]) == ("bot", GREETING)


def test_replies_arrive_in_the_order_of_the_talk(stack: Stack) -> None:
    person = fake_contact(stack)
    for words in ("hi", "1", "Ada Lovelace", "no address", "ada@example.com"):
        person.says(words)
    expected = [
        GREETING,
        "What is your name?",
        "What is your e-mail address?",
        "That does not look like an e-mail address. What is your e-mail address?",
        "Which day suits you? For example 2030-06-24.",
    ]
    eventually(lambda: len(person.got) == len(expected))
    assert person.got == expected
    assert person.conversation["state"] == "collect_info"
    assert person.conversation["data"]["name"] == "Ada Lovelace"


def test_callbacks_move_a_message_to_delivered(stack: Stack) -> None:
    person = fake_contact(stack)
    person.says("hello")
    eventually(lambda: [m["status"] for m in person.sent_to()] == ["delivered"])
    (sent,) = person.sent_to()
    assert sent["provider_id"] in {c.sid for c in stack.fake.creates if c.to == person.number}


def test_the_same_webhook_again_changes_nothing(stack: Stack) -> None:
    person = fake_contact(stack)
    sid = person.says("hello")
    eventually(lambda: [m["status"] for m in person.sent_to()] == ["delivered"])
    before = person.log, person.conversation
    person.says("hello", MessageSid=sid)
    # A later message that is answered shows that the repeated one was passed over.
    person.says("2")
    eventually(lambda: len(person.got) == 2)
    assert person.log[:2] == before[0]
    assert person.got == [GREETING, "Sorry that you need help. Please tell me what happened."]


def test_twenty_of_one_webhook_at_once_are_one(stack: Stack) -> None:
    person, sid = fake_contact(stack), "SM" + secrets.token_hex(16)
    with ThreadPoolExecutor(20) as callers:
        list(callers.map(lambda _: person.says("hello", MessageSid=sid), range(20)))
    eventually(lambda: person.got == [GREETING])
    person.says("2")
    eventually(lambda: len(person.got) == 2)
    assert [m["body"] for m in person.log if m["direction"] == "inbound"] == ["hello", "2"]


def test_stop_on_whatsapp_is_confirmed_once(stack: Stack) -> None:
    number = fake_contact(stack).number
    person = FakeContact(stack, f"whatsapp:{number}")
    person.says("hello")
    eventually(lambda: len(person.got) == 1)
    sid = person.says("Stop")
    confirmation = "You will get no more messages from us. Reply START to get them again."
    eventually(lambda: person.got[1:] == [confirmation])
    person.says("Stop", MessageSid=sid)
    person.says("2")
    log = FakeContact(stack, number)
    eventually(lambda: [m["status"] for m in log.sent_to()][2:] == ["suppressed"])
    assert person.got[1:] == [confirmation]
    person.says("START")
    eventually(lambda: len(person.got) == 3)
    assert person.got[2] == "You will get our messages again. Reply STOP to end them."
    # None of these words came to the bot: the talk stands where the "2" led it.
    assert log.conversation["state"] == "support"


def test_after_stop_nothing_is_sent(stack: Stack) -> None:
    person = fake_contact(stack)
    person.says("hello")
    eventually(lambda: len(person.got) == 1)
    person.says("STOP")
    eventually(lambda: person.contact and person.contact["opted_out"])
    person.says("2")
    refused = eventually(lambda: [m for m in person.sent_to() if m["status"] == "suppressed"])
    assert "STOP" in refused[0]["error"]
    assert person.got == [GREETING]
