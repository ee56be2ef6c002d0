"""Search: the contacts and conversations that match a few digits, letters or words."""

import re

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
)

from pipeline.messages import storable
from pipeline.queries.narrow import Narrowed, narrowed
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message
from pipeline.records.core.search_index import ALSO_SQL, CONTACT_SQL, MESSAGE_SQL, PUNCTUATION

_WRITTEN_NUMBER = re.compile(r"[+\d\s()./-]+", re.ASCII)
_PUNCTUATION = str.maketrans(dict.fromkeys(PUNCTUATION + "%", " "))
_MOST_WORDS = 20
# SQLite's full-text index, made by migration 0003.
_WORDS = table("message_words")
_FEW_CONTACTS = 2_000
_FEW_MESSAGES = 20_000


def who(words: str) -> list[ColumnElement[bool]]:
    """The conditions on a contact for these words: part of a name, number or user id."""
    words = storable(words).strip()
    if not words:
        return []
    # As text, because the index of the migration is over this expression to the letter.
    texts = (literal_column(CONTACT_SQL, Text), literal_column(ALSO_SQL, Text))
    found = [text.contains(words.lower(), autoescape=True) for text in texts]
    digits = re.sub(r"\D", "", words, flags=re.ASCII)
    if digits and _WRITTEN_NUMBER.fullmatch(words):
        found += [text.contains(digits) for text in texts]
    return [or_(*found)]


def conversations(connection: Connection, words: str) -> Narrowed:
    """The condition on a conversation: its contact is meant, or the words were said in it.

    They were said where one message has every word; of the last one its beginning is enough.
    """
    meant = narrowed(
        connection,
        Conversation.contact_id,
        select(Contact.id).where(*who(words)),
        Contact.id == Conversation.contact_id,
        few=_FEW_CONTACTS,
    )
    parts = storable(words).translate(_PUNCTUATION).split()[:_MOST_WORDS]
    if not parts:
        return meant
    said = narrowed(
        connection,
        Conversation.id,
        select(Message.conversation_id).where(_said(connection, parts)),
        Message.conversation_id == Conversation.id,
        few=_FEW_MESSAGES,
    )
    either = or_(meant.condition, said.condition)
    return Narrowed(either, meant.is_frequent or said.is_frequent)


def _said(connection: Connection, words: list[str]) -> ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        wanted = " ".join(f'"{word}"' for word in words) + "*"
        # FTS5 matches against the table's name, which SQLAlchemy does not know as a column.
        is_match = literal_column("message_words").op("MATCH", is_comparison=True)(wanted)
        return Message.id.in_(select(column("rowid")).select_from(_WORDS).where(is_match))
    # A prefix makes the index read all words that start with it, however rare the others are.
    wanted = " & ".join(f"'{word}'" for word in words) + ":*"
    said = literal_column(MESSAGE_SQL).op("@@", is_comparison=True)
    # The index holds messages once they are settled.
    return Message.settled_at.is_not(None) & said(func.to_tsquery("simple", wanted))
