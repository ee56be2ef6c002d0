"""/contacts: find them, create them, read everything they said, and write first."""

import uuid
from typing import Any

from apiflask import APIBlueprint, HTTPError
from sqlalchemy import Connection, Row

from pipeline import override
from pipeline.errors import NotFound
from pipeline.providers import addresses
from pipeline.queries import contacts as queries
from pipeline.queries import conversations as conversation_list
from pipeline.queries import transcript
from pipeline.queries.filter import ConversationFilter
from pipeline.records.core import contacts as records
from web.api import shapes, views
from web.api.cursors import page
from web.api.overrides import sent
from web.auth import actor, at_least, bearer
from web.services import here

contacts = APIBlueprint("contacts_api", __name__, tag="Contacts")


def existing(connection: Connection, contact_id: uuid.UUID) -> Row[Any]:
    """The contact, or NotFound."""
    if row := records.by_id(connection, contact_id):
        return row
    raise NotFound("There is no such contact.")


@contacts.get("/contacts")
@contacts.auth_required(bearer, roles=at_least("viewer"))
@contacts.input(shapes.ContactsQuery, location="query", arg_name="query")
@contacts.output(shapes.ContactPage)
def list_contacts(query: dict[str, Any]) -> dict[str, Any]:
    """List contacts

    The newest first.
    """
    limit = query["limit"]
    with here().runtime.database.read() as connection:
        rows = queries.listing(connection, query["q"], query.get("cursor"), limit + 1)
    return page(rows, limit, shown=views.contact, place=lambda row: (row.created_at, row.id))


@contacts.post("/contacts")
@contacts.auth_required(bearer, roles=at_least("operator"))
@contacts.input(shapes.NewContact, arg_name="body")
@contacts.output(shapes.Contact, status_code=201)
@contacts.doc(responses={200: "The contact that was there already"})
def create_contact(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Create a contact

    Known numbers answer 200 with the contact that is there.
    """
    if addresses.e164(body["phone"]) is None:
        raise HTTPError(422, detail={"json": {"phone": [addresses.EXPECTED_E164]}})
    contact, is_new = override.add_contact(here().runtime, body["phone"], actor=actor())
    return views.contact(contact), 201 if is_new else 200


@contacts.get("/contacts/<uuid:contact_id>")
@contacts.auth_required(bearer, roles=at_least("viewer"))
@contacts.output(shapes.Contact)
def get_contact(contact_id: uuid.UUID) -> dict[str, Any]:
    """Get a contact"""
    return _shown(contact_id)


@contacts.patch("/contacts/<uuid:contact_id>")
@contacts.auth_required(bearer, roles=at_least("operator"))
@contacts.input(shapes.ContactChange, arg_name="change")
@contacts.output(shapes.Contact)
@contacts.doc(responses={409: "Too many attributes, or too long ones"})
def change_contact(contact_id: uuid.UUID, change: dict[str, Any]) -> dict[str, Any]:
    """Change a contact

    Name, attributes and whether anything is sent to them.
    """
    runtime, who = here().runtime, actor()
    attributes = {key: text or "" for key, text in change.get("attributes", {}).items()}
    name = change.get("name")
    override.change_contact(runtime, contact_id, actor=who, name=name, attributes=attributes)
    if "blocked" in change:
        block = override.block if change["blocked"] else override.unblock
        block(runtime, contact_id, actor=who)
    return _shown(contact_id)


@contacts.get("/contacts/<uuid:contact_id>/conversations")
@contacts.auth_required(bearer, roles=at_least("viewer"))
@contacts.input(shapes.ByMoment, location="query", arg_name="query")
@contacts.output(shapes.ConversationPage)
def list_contact_conversations(contact_id: uuid.UUID, query: dict[str, Any]) -> dict[str, Any]:
    """List a contact's conversations

    The latest activity first.
    """
    runtime, limit = here().runtime, query["limit"]
    with runtime.database.read() as connection:
        existing(connection, contact_id)
        wanted = ConversationFilter(contact_id=contact_id)
        rows = conversation_list.listing(connection, wanted, query.get("cursor"), limit + 1)
    return page(
        rows,
        limit,
        shown=lambda row: views.conversation(row, runtime.bot),
        place=lambda row: (row.last_message_at, row.id),
    )


@contacts.get("/contacts/<uuid:contact_id>/messages")
@contacts.auth_required(bearer, roles=at_least("viewer"))
@contacts.input(shapes.BySerial, location="query", arg_name="query")
@contacts.output(shapes.MessagePage)
def list_contact_messages(contact_id: uuid.UUID, query: dict[str, Any]) -> dict[str, Any]:
    """List a contact's messages

    Across all conversations, the oldest first.
    """
    limit = query["limit"]
    with here().runtime.database.read() as connection:
        existing(connection, contact_id)
        rows = transcript.of_contact(connection, contact_id, query.get("cursor", 0), limit + 1)
    return page(rows, limit, shown=views.message, place=lambda row: (row.id,))


@contacts.post("/contacts/<uuid:contact_id>/messages")
@contacts.auth_required(bearer, roles=at_least("operator"))
@contacts.input(shapes.MessageHeaders, location="headers", arg_name="headers")
@contacts.input(shapes.FirstMessage, arg_name="body")
@contacts.output(shapes.Message, status_code=201)
@contacts.doc(responses={200: "The message that was queued under this key", 409: "Refused"})
def write_to_contact(
    contact_id: uuid.UUID, headers: dict[str, Any], body: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    """Write to a contact

    Opens a conversation in the bot's start state if none is open on the channel.
    """
    site = here()
    queued = override.write_to(
        site.runtime,
        contact_id,
        body["body"],
        actor=actor(),
        channel=body["channel"],
        idempotency_key=headers["idempotency_key"],
        media_urls=body["media_urls"],
    )
    site.notify("dispatch")
    return sent(queued)


def _shown(contact_id: uuid.UUID) -> dict[str, Any]:
    with here().runtime.database.read() as connection:
        return views.contact(existing(connection, contact_id))
