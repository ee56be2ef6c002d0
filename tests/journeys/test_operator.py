"""An operator steers through the API what the bot and the contact go on with."""

from proving.faults import Stack, eventually, fake_contact


def test_a_state_set_by_hand_is_used_next(stack: Stack) -> None:
    person = fake_contact(stack)
    person.says("hello")
    eventually(lambda: len(person.got) == 1)
    conversation_id = person.conversation["id"]
    status, changed = stack.api(
        "PATCH", f"/conversations/{conversation_id}", state="support", reason="was asked to"
    )
    assert (status, changed["state"]) == (200, "support")
    person.says("The lamp is broken")
    eventually(lambda: len(person.got) == 2)
    assert person.got[1].startswith("Thank you, I have noted that.")
    assert person.conversation["data"]["problem"] == ["The lamp is broken"]
    steps = stack.get(f"/conversations/{conversation_id}/transitions")["items"]
    assert [(s["to_state"], s["cause"], s["reason"]) for s in steps] == [
        ("support", "operator", "was asked to")
    ]


def test_an_operators_message_is_sent_once(stack: Stack) -> None:
    person = fake_contact(stack)
    person.says("hello")
    eventually(lambda: len(person.got) == 1)
    path = f"/conversations/{person.conversation['id']}/messages"
    first = stack.api("POST", path, key=f"note to {person.number}", body="A colleague here")
    again = stack.api("POST", path, key=f"note to {person.number}", body="A colleague here")
    assert (first[0], again[0], first[1]["id"]) == (201, 200, again[1]["id"])
    eventually(lambda: len(person.got) == 2)
    stack.api("POST", path, body="One more thing")
    eventually(lambda: len(person.got) == 3)
    assert person.got[1:] == ["A colleague here", "One more thing"]
