"""What the textbook pipelines do with a message, whichever queue runs it.

The ORM, one transaction a step, one lock a contact. The queue may run a step again after a crash,
so both look whether it was done. What the other side calls send is a step of its own.
"""

import os
from datetime import UTC, datetime

from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    sessionmaker,
)
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

API = os.environ.get("TWILIO_API_BASE_URL", "")
ACCOUNT, TOKEN = os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"]
OUR_NUMBER = os.environ["TWILIO_PHONE_NUMBER"]

engine = create_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"),
    pool_size=8,
    max_overflow=0,
    pool_recycle=1800,
)
sessions = sessionmaker(engine, expire_on_commit=False)
# One for the process: it keeps its connection.
client = Client(ACCOUNT, TOKEN, http_client=TwilioHttpClient(timeout=10))
if API:
    client.api.base_url = API


class Base(DeclarativeBase):
    """The textbook's tables."""


class Contact(Base):
    """Somebody who talks to us."""

    __tablename__ = "textbook_contact"
    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="start")


class Message(Base):
    """One message in or out; a reply says what it answers."""

    __tablename__ = "textbook_message"
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("textbook_contact.id"), index=True)
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("textbook_message.id"), unique=True)
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    direction: Mapped[str]
    body: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    contact: Mapped[Contact] = relationship()


def create_tables() -> None:
    """Before anything else."""
    Base.metadata.create_all(engine)


def handle(provider_id: str, phone: str, body: str) -> int:
    """Log the message, run the bot, log the reply; returns its id."""
    now = datetime.now(UTC)
    with sessions.begin() as session:
        contact = _locked_contact(session, phone)
        known = select(Message).where(Message.provider_id == provider_id)
        if heard := session.scalars(known).one_or_none():
            return session.scalars(select(Message.id).where(Message.answers_id == heard.id)).one()
        heard = Message(
            contact=contact,
            provider_id=provider_id,
            direction="inbound",
            body=body,
            status="received",
            created_at=now,
        )
        session.add(heard)
        session.flush()
        reply = Message(
            contact=contact,
            answers_id=heard.id,
            direction="outbound",
            body=f"You said: {body}",
            status="queued",
            created_at=now,
        )
        session.add(reply)
        contact.state = "answered"
    return reply.id


def _locked_contact(session: Session, phone: str) -> Contact:
    query = select(Contact).where(Contact.phone == phone).with_for_update()
    found = session.scalars(query).one_or_none()
    if found is None:
        session.execute(insert(Contact).values(phone=phone).on_conflict_do_nothing())
        found = session.scalars(query).one()
    return found


def send(message_id: int) -> None:
    """Hand the reply to the provider and note that it went."""
    with sessions.begin() as session:
        message = session.get_one(Message, message_id, options=[joinedload(Message.contact)])
        if message.status == "sent":
            return
        if API:
            sent = client.messages.create(
                to=message.contact.phone, from_=OUR_NUMBER, body=message.body
            )
            message.provider_id = sent.sid
        message.status = "sent"
        message.sent_at = datetime.now(UTC)
