"""The pipeline that most tutorials build, as the yardstick.

One task per message with the text in it, the ORM, one commit per step, a task for each reply.
"""

import os
from datetime import UTC, datetime

from celery import Celery
from flask import Flask, Response, request
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from twilio.request_validator import RequestValidator
from twilio.rest import Client

DATABASE_URL = os.environ["DATABASE_URL"]
API = os.environ.get("TWILIO_API_BASE_URL", "")
ACCOUNT, TOKEN = os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"]

engine = create_engine(DATABASE_URL.replace("postgresql://", "postgresql+psycopg://"))
celery = Celery("textbook", broker=os.environ["BROKER_URL"])
celery.conf.task_ignore_result = True


class Base(DeclarativeBase):
    """The textbook's tables."""


class Contact(Base):
    """Somebody who talks to us."""

    __tablename__ = "textbook_contact"
    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="start")


class Message(Base):
    """One message in or out."""

    __tablename__ = "textbook_message"
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("textbook_contact.id"))
    direction: Mapped[str]
    body: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]


@celery.task  # type: ignore[untyped-decorator]  # Celery has no types
def handle(phone: str, body: str) -> None:
    """Log the message, run the bot, log and queue the reply."""
    with Session(engine) as session:
        contact = session.scalars(select(Contact).where(Contact.phone == phone)).one_or_none()
        if contact is None:
            contact = Contact(phone=phone)
            session.add(contact)
            session.commit()
        _log(session, contact, "inbound", body, "received")
        reply = _log(session, contact, "outbound", f"You said: {body}", "queued")
        contact.state = "answered"
        session.commit()
        send.delay(reply.id)


def _log(session: Session, contact: Contact, direction: str, body: str, status: str) -> Message:
    message = Message(
        contact_id=contact.id,
        direction=direction,
        body=body,
        status=status,
        created_at=datetime.now(UTC),
    )
    session.add(message)
    session.commit()
    return message


@celery.task  # type: ignore[untyped-decorator]  # Celery has no types
def send(message_id: int) -> None:
    """Hand the reply to the provider and note that it went."""
    with Session(engine) as session:
        message = session.get_one(Message, message_id)
        contact = session.get_one(Contact, message.contact_id)
        if API:
            _client().messages.create(to=contact.phone, from_="+15550100", body=message.body)
        message.status = "sent"
        session.commit()


def _client() -> Client:
    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = API
    return client


app = Flask(__name__)


@app.post("/webhooks/twilio")
def receive() -> Response:
    """Check the signature and queue the message."""
    url = os.environ["PUBLIC_URL"] + request.path
    signature = request.headers.get("X-Twilio-Signature", "")
    if not RequestValidator(TOKEN).validate(url, request.form.to_dict(), signature):
        return Response(status=403)
    handle.delay(request.form["From"], request.form["Body"])
    return Response("<Response/>", mimetype="text/xml")
