"""The id of a log line leads to its place on the dashboard, in the search and as an address."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from pipeline.database import Database
from tests.builders import a_contact, a_conversation, a_message, an_entry

pytestmark = pytest.mark.both_databases

NOW = datetime.now(UTC)
NOBODY = "01980000-0000-7000-8000-00000000dead"


def place(client: FlaskClient, wanted: object) -> str:
    answer = client.get(f"/find/{wanted}")
    assert answer.status_code == 303, answer.text
    return str(answer.location)


@pytest.mark.parametrize(
    "values", [{"status": "parked", "handled_at": NOW, "attempts": 5}, {"attempts": 1}]
)
def test_failed_turn_leads_to_its_failure(
    viewer: FlaskClient, database: Database, values: dict[str, Any]
) -> None:
    talk = a_conversation(database)
    for _ in range(40):
        an_entry(database, status="parked", handled_at=NOW, attempts=5)
    entry = an_entry(database, error="RuntimeError", conversation_id=talk.id, **values)
    address = place(viewer, entry.id)
    assert address.endswith(f"#turn-{entry.id}")
    assert f'id="turn-{entry.id}"' in viewer.get(address).text


def test_failed_turn_with_its_message_leads_to_the_conversation(
    viewer: FlaskClient, database: Database
) -> None:
    talk = a_conversation(database)
    entry = an_entry(database, error="RuntimeError", conversation_id=talk.id, attempts=1)
    message = a_message(database, talk, turn_id=entry.id, ordinal=0)
    address = place(viewer, entry.id)
    assert address == f"/conversations/{talk.id}#message-{message.public_id}"
    page = viewer.get(address).text
    assert f'id="message-{message.public_id}"' in page
    assert f'id="failed-turn-{entry.id}"' in page


def test_message_leads_to_its_place_in_the_log(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    made = [a_message(database, talk, body=f"number {number}") for number in range(150)]
    for message in (made[0], made[75], made[-1]):
        for wanted in (message.public_id, message.provider_id):
            address = place(viewer, wanted)
            assert address.endswith(f"#message-{message.public_id}")
            assert f'id="message-{message.public_id}"' in viewer.get(address).text


def test_conversation_and_contact_are_found(viewer: FlaskClient, database: Database) -> None:
    contact = a_contact(database)
    talk = a_conversation(database, contact)
    assert place(viewer, talk.id) == f"/conversations/{talk.id}"
    assert place(viewer, contact.id) == f"/contacts/{contact.id}"


@pytest.mark.parametrize("wanted", ["0", "-1", "7", "9" * 40, "x", NOBODY, "a/b", "%00"])
def test_unknown_id_is_not_found(viewer: FlaskClient, wanted: str) -> None:
    assert viewer.get(f"/find/{wanted}").status_code == 404


def test_search_leads_there_too(viewer: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    entry = an_entry(database, error="RuntimeError", conversation_id=talk.id, attempts=1)
    message = a_message(database, talk, turn_id=entry.id, ordinal=0)
    for wanted in (f"%23{entry.id}", message.public_id, message.provider_id, talk.id):
        answer = viewer.get(f"/conversations?q={wanted}")
        assert answer.status_code == 303, wanted
        assert viewer.get(answer.location, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("words", ["%23999", NOBODY, "415", "hello", "SM" + "0" * 32])
def test_search_for_anything_else_is_a_search(viewer: FlaskClient, words: str) -> None:
    assert viewer.get(f"/conversations?q={words}").status_code == 200
