"""Search: whom, and which talk, somebody means by a few digits, letters or words."""

import re

from sqlalchemy import ColumnElement, Connection, Text, func, literal_column, or_, select, text

from pipeline.messages import storable
from pipeline.records.contacts import Contact
from pipeline.records.conversations import Conversation
from pipeline.records.messages import Message
from pipeline.records.words import CONTACT_SQL, MESSAGE_SQL, PUNCTUATION

_WRITTEN_NUMBER = re.compile(r"[+\d\s()./-]+", re.ASCII)
_PUNCTUATION = str.maketrans(dict.fromkeys(PUNCTUATION + "%", " "))
_MOST_WORDS = 20


def who(words: str) -> list[ColumnElement[bool]]:
    """The conditions on a contact for these words: part of a name, number or user id."""
    words = storable(words).strip()
    if not words:
        return []
    known = literal_column(CONTACT_SQL, Text)
    found = [known.contains(words.lower(), autoescape=True)]
    digits = re.sub(r"\D", "", words, flags=re.ASCII)
    if digits and _WRITTEN_NUMBER.fullmatch(words):
        found.append(known.contains(digits))
    return [or_(*found)]


def conversations(connection: Connection, words: str) -> list[ColumnElement[bool]]:
    """What a conversation may be for these words: its contact's, or one where they were said.

    They were said where one message has every word, or a word that begins so.
    """
    meant = who(words)
    if not meant:
        return []
    of_contact = select(Contact.id).where(*meant)
    found: list[ColumnElement[bool]] = [Conversation.contact_id.in_(of_contact)]
    if said := storable(words).translate(_PUNCTUATION).split()[:_MOST_WORDS]:
        of_message = select(Message.conversation_id).where(_said(connection, said))
        found.append(Conversation.id.in_(of_message))
    return found


def _said(connection: Connection, words: list[str]) -> ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        wanted = " ".join(f'"{word}"*' for word in words)
        matches = text("SELECT rowid FROM message_words WHERE message_words MATCH :wanted")
        return Message.id.in_(matches.bindparams(wanted=wanted).columns(Message.id))
    wanted = " & ".join(f"'{word}':*" for word in words)
    said = literal_column(MESSAGE_SQL).op("@@", is_comparison=True)
    # The index holds messages once they are settled.
    return Message.settled_at.is_not(None) & said(func.to_tsquery("simple", wanted))
