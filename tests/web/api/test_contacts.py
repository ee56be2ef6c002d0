"""/api/v1/contacts: find, create, read, and write first."""

from datetime import UTC, datetime, timedelta

import pytest
from apiflask import APIFlask

from pipeline.database import Database
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.wakeups import Pool
from tests.builders import a_contact, a_conversation, a_message, a_token, rows
from tests.web.conftest import Caller

NOW = datetime.now(UTC)


def test_list_is_newest_first_in_pages(api: Caller, database: Database) -> None:
    made = [
        a_contact(database, created_at=NOW - timedelta(minutes=minutes)) for minutes in range(3)
    ]
    first = api("GET", "/contacts?limit=2").get_json()
    rest = api("GET", f"/contacts?limit=2&cursor={first['next']}").get_json()
    found = [item["id"] for item in first["items"] + rest["items"]]
    assert found == [str(contact.id) for contact in made]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("q", "count"), [("0132", 1), ("ADA", 1), ("us.12", 1), ("zz", 0), ("", 2)]
)
def test_search(api: Caller, database: Database, q: str, count: int) -> None:
    a_contact(database, phone="+14155550132", name="Ada")
    a_contact(database, key="whatsapp:US.1234", phone=None)
    assert len(api("GET", f"/contacts?q={q}").get_json()["items"]) == count


def test_opt_outs_are_shown(api: Caller, database: Database) -> None:
    contact = a_contact(database, opt_outs={"sms +15550100": NOW.isoformat()})
    shown = api("GET", f"/contacts/{contact.id}").get_json()
    assert shown["opted_out"] is True
    assert shown["opt_outs"] == [{"channel": "sms", "number": "+15550100", "at": NOW.isoformat()}]


def test_contact_has_its_fields(api: Caller, database: Database) -> None:
    contact = a_contact(database, phone="+14155550132", name="Ada", last_seen_at=NOW)
    shown = api("GET", f"/contacts/{contact.id}").get_json()
    assert (shown["id"], shown["phone"], shown["name"]) == (str(contact.id), "+14155550132", "Ada")
    assert datetime.fromisoformat(shown["last_seen_at"]) == NOW
    assert (shown["opted_out"], shown["opt_outs"]) == (False, [])


def test_create_is_201_then_200(api: Caller, database: Database) -> None:
    first = api("POST", "/contacts", json={"phone": "+1 (415) 555-0132"})
    again = api("POST", "/contacts", json={"phone": "+14155550132"})
    assert [first.status_code, again.status_code] == [201, 200]
    assert first.get_json()["phone"] == "+14155550132"
    assert first.get_json()["id"] == again.get_json()["id"]
    assert len(rows(database, Contact)) == 1


@pytest.mark.parametrize("phone", ["", "hello", "0132", "+1", "+999123", "+1415555013299999", 5])
def test_impossible_number_is_422(api: Caller, phone: str) -> None:
    answer = api("POST", "/contacts", json={"phone": phone})
    assert answer.status_code == 422
    assert "phone" in answer.get_json(force=True)["errors"]["json"]


def test_a_doubtful_number_may_be_forced(api: Caller) -> None:
    refused = api("POST", "/contacts", json={"phone": "+24273"})
    assert refused.status_code == 422
    assert '"force": true' in refused.get_json(force=True)["errors"]["json"]["phone"][0]
    forced = api("POST", "/contacts", json={"phone": "+24273", "force": True})
    assert (forced.status_code, forced.get_json()["phone"]) == (201, "+24273")


@pytest.mark.parametrize("force", [False, True])
def test_a_name_is_no_number_by_force(api: Caller, force: bool) -> None:
    answer = api("POST", "/contacts", json={"phone": "VERIFY!", "force": force})
    assert answer.status_code == 422
    assert "force" not in answer.get_json(force=True)["errors"]["json"]["phone"][0]


def test_conversations_and_messages_of_a_contact(api: Caller, database: Database) -> None:
    contact = a_contact(database)
    old = a_conversation(database, contact, closed_at=NOW, last_message_at=NOW - timedelta(days=2))
    new = a_conversation(database, contact)
    a_message(database, old, body="before")
    a_message(database, new, body="after")
    a_message(database, a_conversation(database), body="somebody else's")
    talks = api("GET", f"/contacts/{contact.id}/conversations").get_json()["items"]
    assert [talk["id"] for talk in talks] == [str(new.id), str(old.id)]
    said = api("GET", f"/contacts/{contact.id}/messages").get_json()["items"]
    assert [message["body"] for message in said] == ["before", "after"]


def test_writing_first_opens_a_conversation(
    api: Caller, database: Database, wakeups: list[Pool]
) -> None:
    contact = a_contact(database)
    answer = api("POST", f"/contacts/{contact.id}/messages", json={"body": "Hello"})
    assert answer.status_code == 201
    (conversation,) = rows(database, Conversation)
    assert answer.get_json()["conversation_id"] == str(conversation.id)
    assert (conversation.state, conversation.our_number) == ("start", "+15550100")
    assert wakeups == ["dispatch"]


def test_writing_to_an_opted_out_contact_is_409(api: Caller, database: Database) -> None:
    contact = a_contact(database, opt_outs={"sms +15550100": NOW.isoformat()})
    answer = api("POST", f"/contacts/{contact.id}/messages", json={"body": "Hello"})
    assert answer.status_code == 409
    assert "STOP" in answer.get_json(force=True)["detail"]
    assert rows(database, Conversation) == []


def test_contact_is_changed(api: Caller, database: Database) -> None:
    contact = a_contact(database, name="Ada", attributes={"city": "Ulm", "plan": "b", "n": 5})
    change = {"attributes": {"city": "Bonn", "plan": None, "vip": "yes"}, "blocked": True}
    shown = api("PATCH", f"/contacts/{contact.id}", json=change).get_json()
    assert (shown["name"], shown["blocked"]) == ("Ada", True)
    assert shown["attributes"] == {"city": "Bonn", "n": 5, "vip": "yes"}
    shown = api("PATCH", f"/contacts/{contact.id}", json={"name": "Bo", "blocked": False})
    assert (shown.get_json()["name"], shown.get_json()["blocked"]) == ("Bo", False)


@pytest.mark.parametrize(
    "change", [{}, {"blocked": 1}, {"name": None}, {"attributes": {"a": 5}}, {"phone": "+1"}]
)
def test_impossible_change_is_422(
    api: Caller, database: Database, change: dict[str, object]
) -> None:
    contact = a_contact(database)
    assert api("PATCH", f"/contacts/{contact.id}", json=change).status_code == 422


def test_first_words_may_be_a_file(api: Caller, database: Database) -> None:
    contact = a_contact(database)
    wanted = {"media_urls": ["https://example.com/a.pdf"]}
    answer = api("POST", f"/contacts/{contact.id}/messages", json=wanted)
    assert (answer.status_code, answer.get_json()["kind"]) == (201, "document")


def opted_out(api: Caller, contact_id: object, **body: object) -> tuple[int, list[object]]:
    answer = api("PATCH", f"/contacts/{contact_id}", json=body)
    return answer.status_code, answer.get_json(force=True).get("opt_outs", [])


def test_opt_out_of_everything_and_back(api: Caller, database: Database) -> None:
    contact = a_contact(database)
    status, places = opted_out(api, contact.id, opted_out=True)
    assert (status, len(places)) == (200, 1)
    assert api("GET", f"/contacts/{contact.id}").get_json()["opt_outs"][0] == {
        "channel": None,
        "number": None,
        "at": rows(database, Contact)[0].opt_outs["*"],
    }
    assert opted_out(api, contact.id, opted_out=False) == (200, [])
    audited = [(row.actor, row.action) for row in rows(database, AuditEntry)]
    assert [action for _, action in audited] == ["opt_out", "opt_in"]
    assert audited[0][0].startswith("token:")


def test_opt_out_of_one_number(api: Caller, database: Database) -> None:
    contact = a_contact(database)
    place = {"channel": "whatsapp", "number": "+15550100"}
    status, places = opted_out(api, contact.id, opted_out=True, **place)
    assert (status, [{**it, "at": 0} for it in places]) == (200, [{**place, "at": 0}])  # type: ignore[dict-item]
    assert opted_out(api, contact.id, opted_out=False, **place) == (200, [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"channel": "sms", "number": "+15550100"},
        {"opted_out": True, "channel": "sms"},
        {"opted_out": True, "number": "+15550100"},
        {"opted_out": True, "channel": "sms", "number": ""},
        {"name": "Ada", "channel": "sms", "number": "+15550100"},
        {"opted_out": "yes"},
    ],
)
def test_opt_out_of_half_a_place_is_422(
    api: Caller, database: Database, body: dict[str, object]
) -> None:
    assert opted_out(api, a_contact(database).id, **body)[0] == 422


def test_opt_in_to_one_number_of_all_is_409(api: Caller, database: Database) -> None:
    contact = a_contact(database, opt_outs={"*": NOW.isoformat()})
    answer = api(
        "PATCH",
        f"/contacts/{contact.id}",
        json={"opted_out": False, "channel": "sms", "number": "+15550100"},
    )
    assert answer.status_code == 409
    assert "opted out of all numbers" in answer.get_json(force=True)["detail"]


def test_a_viewer_opts_nobody_out(app: APIFlask, database: Database) -> None:
    viewer = Caller(app, a_token(database, "viewer", "reports"))
    assert opted_out(viewer, a_contact(database).id, opted_out=True)[0] == 403


def test_a_conversation_says_that_its_contact_opted_out(api: Caller, database: Database) -> None:
    contact = a_contact(database, opt_outs={"sms +15550100": NOW.isoformat()})
    for number, is_out in (("+15550100", True), ("+15550199", False)):
        talk = a_conversation(database, contact, our_number=number)
        assert api("GET", f"/conversations/{talk.id}").get_json()["opted_out"] is is_out


def test_a_message_has_its_content(api: Caller, database: Database) -> None:
    talk = a_conversation(database)
    content = {"form": {"size": "M"}, "referral": {"headline": "Lamps"}}
    a_message(database, talk, direction="inbound", kind="interactive", content=content)
    (message,) = api("GET", f"/conversations/{talk.id}/messages").get_json()["items"]
    assert (message["kind"], message["content"]) == ("interactive", content)
