"""Addresses of contacts in the API: shown, searched, merged and split."""

from datetime import UTC, datetime

from pipeline.database import Database
from pipeline.records.core import addresses
from pipeline.records.core.addresses import Seen
from pipeline.records.core.contacts import Contact
from tests.builders import a_contact, a_conversation, a_message, rows
from tests.web.conftest import Caller

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
FIRST, SECOND = "+14155550111", "+14155550122"


def two(database: Database) -> tuple[str, str]:
    """Two contacts who wrote by SMS; their ids."""
    ids = []
    for phone in (FIRST, SECOND):
        contact = a_contact(database, phone=phone)
        made = a_conversation(database, contact, address=phone, last_inbound_at=NOW, opened_at=NOW)
        a_message(database, made, address=phone)
        ids.append(str(contact.id))
    return ids[0], ids[1]


def test_a_contact_shows_its_addresses(api: Caller, database: Database) -> None:
    first, _ = two(database)
    shown = api("GET", f"/contacts/{first}").get_json()["addresses"]
    assert shown == [
        {
            "address": FIRST,
            "channel": "sms",
            "first_seen_at": "2026-11-01T12:00:00+00:00",
            "last_seen_at": "2026-11-01T12:00:00+00:00",
        }
    ]


def test_a_contact_is_found_by_any_address(api: Caller, database: Database) -> None:
    contact = a_contact(database, phone=FIRST)
    seen = Seen(contact.id, FIRST, "whatsapp", "US.5550001112223", NOW)
    with database.write() as connection:
        addresses.note(connection, [seen])
    for words in ("us.555", "1112223", "0111"):
        found = api("GET", f"/contacts?q={words}").get_json()["items"]
        assert [row["id"] for row in found] == [str(contact.id)], words


def test_a_dry_run_of_a_merge_counts(api: Caller, database: Database) -> None:
    first, second = two(database)
    answer = api("POST", f"/contacts/{first}/merge", json={"other": second, "dry_run": True})
    plan = answer.get_json()
    assert (answer.status_code, plan["dry_run"]) == (200, True)
    assert (plan["conversations"], plan["messages"]) == (1, 1)
    assert [row["address"] for row in plan["addresses"]] == [SECOND]
    assert [row["channel"] for row in plan["conflicts"]] == ["sms"]
    assert len(rows(database, Contact)) == 2


def test_a_merge_and_a_split(api: Caller, database: Database) -> None:
    first, second = two(database)
    merged = api("POST", f"/contacts/{first}/merge", json={"other": second}).get_json()
    assert merged["contact"]["id"] == first
    assert {row["address"] for row in merged["contact"]["addresses"]} == {FIRST, SECOND}
    assert api("GET", f"/contacts/{second}").status_code == 404
    assert api("GET", f"/contacts?q={SECOND[1:]}").get_json()["items"][0]["id"] == first
    split = api("POST", f"/contacts/{first}/split", json={"address": SECOND}).get_json()
    assert split["contact"]["phone"] == SECOND
    assert (split["conversations"], split["messages"]) == (1, 1)
    assert len(rows(database, Contact)) == 2


def test_impossible_merges_and_splits_are_refused(api: Caller, database: Database) -> None:
    first, _ = two(database)
    nobody = "00000000-0000-0000-0000-000000000000"
    assert api("POST", f"/contacts/{first}/merge", json={"other": first}).status_code == 409
    assert api("POST", f"/contacts/{first}/merge", json={"other": nobody}).status_code == 404
    assert api("POST", f"/contacts/{first}/merge", json={}).status_code == 422
    assert api("POST", f"/contacts/{first}/split", json={"address": FIRST}).status_code == 409
    assert api("POST", f"/contacts/{first}/split", json={"address": "+1"}).status_code == 409
