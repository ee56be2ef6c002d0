"""Search: a contact by any part of a name or number, a talk by the words that were said in it."""

import pytest
from sqlalchemy import Row, text

from pipeline.database import Database
from pipeline.insight import contacts, conversations
from pipeline.insight.wanted import Wanted
from tests.builders import a_contact, a_conversation, a_message
from tests.pipeline.records.test_indexes import statements


def found(database: Database, words: str, **wanted: object) -> list[str]:
    with database.read() as connection:
        asked = Wanted(words=words, **wanted)  # type: ignore[arg-type]  # any of its fields
        return [str(row.id) for row in conversations.listing(connection, asked, None, 10)]


def a_talk(database: Database, *bodies: str, name: str = "", phone: str = "") -> Row[object]:
    given = {"name": name} | ({"phone": phone, "key": phone} if phone else {})
    talk = a_conversation(database, a_contact(database, **given))
    for body in bodies:
        a_message(database, talk, body=body)
    return talk


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("order", True),
        ("ORDER AB", True),
        ("AB-100123", True),
        ("100123", True),
        ("AB-10", True),
        ("late order", True),
        ("rder", False),
        ("order refund", False),
        ("it's", True),
        ("ünïcode Größe", True),
        ("größe", True),
        ("привет", True),
        ("ПРИВ", True),
        ("注文", True),
        ("100 %", True),
        ("a_b", True),
    ],
)
def test_every_word_must_begin_so_in_one_message(
    database: Database, words: str, is_found: bool
) -> None:
    said = "My order AB-100123 is late, it's 100% ünïcode: GRÖSSE größe Привет 注文です a_b"
    talk = a_talk(database, said, "A refund")
    a_talk(database, "something else entirely")
    assert found(database, words) == ([str(talk.id)] if is_found else [])


def test_a_message_is_found_under_its_words_of_now(database: Database) -> None:
    talk = a_talk(database, "umbrella")
    with database.write() as connection:
        connection.execute(text("UPDATE message SET body = 'raincoat'"))
    assert found(database, "umbrella") == []
    assert found(database, "raincoat") == [str(talk.id)]
    with database.write() as connection:
        connection.execute(text("DELETE FROM message"))
    assert found(database, "raincoat") == []


def test_a_talk_that_is_meant_twice_is_listed_once(database: Database) -> None:
    talk = a_talk(database, "Ada here", "Ada again", name="Ada")
    assert found(database, "ada") == [str(talk.id)]
    assert found(database, "ada", states=("start", "support")) == [str(talk.id)]
    assert found(database, "ada", states=("support",)) == []


def test_the_latest_is_first_across_both_meanings(database: Database) -> None:
    by_name = a_talk(database, name="Rosa Umbrella")
    by_word = a_talk(database, "an umbrella")
    assert found(database, "umbrella") == [str(by_word.id), str(by_name.id)]


@pytest.mark.parametrize("words", ["ольга", "ОЛЬГА", "льг", "Ольга Иванова", "55-01 32", "5550132"])
def test_names_are_found_by_any_part_in_any_script(database: Database, words: str) -> None:
    contact = a_contact(database, name="Ольга Иванова", phone="+14155550132", key="+14155550132")
    a_contact(database, name="Grace")
    with database.read() as connection:
        assert [row.id for row in contacts.listing(connection, words, None, 10)] == [contact.id]


def test_what_marks_a_pattern_is_a_character(database: Database) -> None:
    talk = a_talk(database, name="100%_sure\\")
    a_talk(database, name="100 not sure")
    for words in ("0%_s", "sure\\", "%_"):
        assert found(database, words) == [str(talk.id)]


@pytest.mark.parametrize(
    "words", ["'", "''':*", "a & b | !c", '"', "NEAR(", "*", "\\", "👍", "🙏🏽"]
)
def test_signs_of_a_query_language_mean_nothing(database: Database, words: str) -> None:
    a_talk(database, "hello")
    assert found(database, words) == []


def test_postgresql_looks_into_its_indexes(database: Database) -> None:
    if database.is_sqlite:
        return  # it has a table of words, and looks through contacts one by one
    with statements(database) as sent:
        found(database, "umbrella")
    ((statement, values),) = sent
    with database.write() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars().all()
    used = "\n".join(plan)
    assert "ix_message_words" in used
    assert "ix_contact_words" in used
