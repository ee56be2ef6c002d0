"""Search: a contact by any part of a name or number, a talk by the words that were said in it."""

import pytest
from sqlalchemy import Row, text

from pipeline.database import Database
from pipeline.queries import contacts, conversations, search
from pipeline.queries.filter import ConversationFilter
from tests.builders import a_contact, a_conversation, a_message
from tests.pipeline.records.test_indexes import statements


def found(database: Database, words: str, **wanted: object) -> list[str]:
    with database.read() as connection:
        asked = ConversationFilter(words=words, **wanted)  # type: ignore[arg-type]  # any of its fields
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
        ("lat order", False),
        ("late ord", True),
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
def test_every_word_must_be_in_one_message(database: Database, words: str, is_found: bool) -> None:
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
    with database.write() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plans = [
            "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
            for statement, values in sent
        ]
    assert "ix_contact_words" in plans[0]
    assert "ix_message_words" in plans[1]


@pytest.mark.parametrize("few", [0, 2, 100])
def test_rare_and_frequent_words_find_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(search, "_FEW_CONTACTS", few)
    monkeypatch.setattr(search, "_FEW_MESSAGES", few)
    talks = [a_talk(database, f"umbrella {number}") for number in range(5)]
    talks += [a_talk(database, "-", name=f"Umbrella {number}") for number in range(4)]
    a_talk(database, "nothing of it")
    assert found(database, "umbrella") == [str(talk.id) for talk in reversed(talks)]
    assert found(database, "umbrella 3") == [str(talks[8].id), str(talks[3].id)]


@pytest.mark.parametrize("few", [0, 100])
def test_what_is_too_much_to_count_is_not_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(search, "_FEW_MESSAGES", few)
    a_talk(database, "umbrella")
    with database.read() as connection:
        counted = conversations.count_up_to(connection, ConversationFilter(words="umbrella"), 10)
    assert counted == (None if few == 0 and not database.is_sqlite else 1)
