"""Rows and values for tests, as plain functions with defaults: name only what the test is about."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection, Row, Table, insert, select

from pipeline.accounts.sign_in import begin
from pipeline.botkit import Bot, Turn
from pipeline.database import Database
from pipeline.ids import new_id
from pipeline.messages import Inbound
from pipeline.providers import registry
from pipeline.records import Record
from pipeline.records.accounts import tokens
from pipeline.records.accounts.users import User
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.inbox import Entry
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from pipeline.records.core.timers import Timer
from pipeline.records.core.transitions import Transition
from pipeline.records.stats import tallies
from pipeline.records.stats.workers import Worker
from pipeline.runtime import Runtime
from pipeline.settings import Settings
from proving.faults.fake_twilio.webhooks import OUR_NUMBER

_numbers = itertools.count(1)


def a_bot() -> Bot:
    """Waits in "start" and "support" (30 min, then "start"); "greet" says hello and moves on."""
    bot = Bot("tester", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> None:
        turn.say("You said: " + turn.message.text)

    @bot.awaits("support", timeout=timedelta(minutes=30), on_timeout="start")
    def support(turn: Turn) -> None:
        turn.say("Noted.")

    @bot.sends("greet", then="support")
    def greet(turn: Turn) -> None:
        turn.say("Hello!")

    return bot


def a_runtime(database: Database, bot: Bot | None = None, **settings: Any) -> Runtime:
    """The simulator as provider, unless the settings say otherwise; no environment is read."""
    values = {"secret_key": SecretStr("of tests only")} | settings
    given = Settings.complete().model_construct(**values)
    return Runtime(given, database, registry.create(given.provider, given), bot or a_bot())


def an_inbound(text: str = "hi", **values: Any) -> Inbound:
    """A text message from a contact of its own."""
    number = f"+1628555{next(_numbers):04}"
    given = {
        "provider": "simulator",
        "account_id": "simulator",
        "provider_id": f"SM{new_id().hex}",
        "channel": "sms",
        "contact_key": number,
        "phone": number,
        "recipient": OUR_NUMBER,
        "text": text,
    }
    return Inbound(**(given | values))


def a_contact(database: Database, **values: Any) -> Row[Any]:
    """A contact with a number of its own."""
    phone = values.get("phone", f"+1628555{next(_numbers):04}")
    given = {"id": new_id(), "key": phone, "phone": phone, "created_at": datetime.now(UTC)}
    _count(database, tallies.CONTACTS, "")
    return _insert(database, Contact, given | values)


def a_conversation(database: Database, contact: Row[Any] | None = None, **values: Any) -> Row[Any]:
    """An open SMS conversation in the state "start"."""
    contact = contact or a_contact(database)
    now = datetime.now(UTC)
    given = {
        "id": new_id(),
        "contact_id": contact.id,
        "channel": "sms",
        "our_number": OUR_NUMBER,
        "state": "start",
        "opened_at": now,
        "last_message_at": now,
        "last_inbound_at": now,
    }
    row = _insert(database, Conversation, given | values)
    if row.closed_at is None:
        _count(database, tallies.STATE, row.state)
    return row


def a_message(database: Database, conversation: Row[Any], **values: Any) -> Row[Any]:
    """An inbound text, or with `direction="outbound"` a delivered reply of the bot."""
    is_inbound = values.get("direction", "inbound") == "inbound"
    given = {
        "public_id": new_id(),
        "contact_id": conversation.contact_id,
        "conversation_id": conversation.id,
        "direction": "inbound",
        "channel": conversation.channel,
        "our_number": conversation.our_number,
        "kind": "text",
        "body": "hi",
        "author": "contact" if is_inbound else "bot",
        "status": "received" if is_inbound else "delivered",
        "provider": "simulator",
        "provider_id": f"SM{new_id().hex}",
        "created_at": datetime.now(UTC),
    }
    is_open = values.get("status") in {"queued", "sending", "unknown"}
    given["settled_at"] = None if is_open else given["created_at"]
    return _insert(database, Message, given | values)


def a_transition(database: Database, conversation: Row[Any], **values: Any) -> Row[Any]:
    """A step of the bot from "start" to "support"."""
    given = {
        "conversation_id": conversation.id,
        "from_state": "start",
        "to_state": "support",
        "cause": "bot",
        "actor": "tester",
        "created_at": datetime.now(UTC),
    }
    return _insert(database, Transition, given | values)


def a_timer(database: Database, conversation: Row[Any], **values: Any) -> Row[Any]:
    """A reminder that falls due in an hour and leads to "support"."""
    now = datetime.now(UTC)
    given = {
        "conversation_id": conversation.id,
        "lane": conversation.contact_id.hex,
        "name": "reminder",
        "to_state": "support",
        "state_seq": conversation.state_seq,
        "armed_at": now,
        "due_at": now + timedelta(hours=1),
    }
    return _insert(database, Timer, given | values)


def an_entry(database: Database, **values: Any) -> Row[Any]:
    """An inbox entry that waits for a turn."""
    message = an_inbound()
    given = {
        "kind": "message",
        "provider": message.provider,
        "account_id": message.account_id,
        "provider_id": message.provider_id,
        "lane": message.contact_key,
        "payload": {"message": message.to_json(), "form": {}},
        "received_at": datetime.now(UTC),
    }
    return _insert(database, Entry, given | values)


def a_lane(database: Database, **values: Any) -> Row[Any]:
    """An inbound lane that is due now."""
    given = {"direction": "inbound", "key": f"+1628555{next(_numbers):04}"}
    return _insert(database, Lane, given | {"due_at": datetime.now(UTC)} | values)


def a_worker(database: Database, pool: str, **values: Any) -> Row[Any]:
    """A process of a pool, seen just now."""
    now = datetime.now(UTC)
    given = {"name": f"{pool}-{next(_numbers)}", "pool": pool, "started_at": now, "seen_at": now}
    return _insert(database, Worker, given | values)


def a_token(database: Database, role: str = "admin", name: str = "") -> str:
    """The secret of a new API token."""
    with database.write() as connection:
        return tokens.add(connection, name or f"{role}-{next(_numbers)}", role, datetime.now(UTC))


def a_user(database: Database, role: str = "admin", email: str = "") -> Row[Any]:
    """A user without a password: `a_sign_in` lets them in."""
    email = email or f"{role}-{next(_numbers)}@example.com"
    given = {"id": new_id(), "email": email, "role": role, "password_hash": ""}
    return _insert(database, User, given | {"created_at": datetime.now(UTC)})


def a_sign_in(database: Database, user: Row[Any]) -> str:
    """The token of a user's browser."""
    with database.write() as connection:
        return begin(connection, user.id, user.email, "a browser", datetime.now(UTC))


def rows(database: Database, record: type[Record]) -> list[Row[Any]]:
    """Every row of a table, by its key."""
    table = record.__table__
    with database.read() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def _insert(database: Database, record: type[Record], values: dict[str, Any]) -> Row[Any]:
    with database.write() as connection:
        key = connection.execute(insert(record).values(values)).inserted_primary_key
        return _by_key(connection, record, tuple(key or ()))


def _count(database: Database, noun: str, word: str) -> None:
    with database.write() as connection:
        tallies.add(connection, noun, {word: 1})


def _by_key(connection: Connection, record: type[Record], key: tuple[Any, ...]) -> Row[Any]:
    table = record.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{record.__name__} is no table")
    same = [column == value for column, value in zip(table.primary_key, key, strict=True)]
    return connection.execute(select(table).where(*same)).one()
