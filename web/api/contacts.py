"""/contacts: find and create them, read their messages, and write first."""

import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from apiflask import HTTPError
from sqlalchemy import Connection

from pipeline import override
from pipeline.errors import NotFound, NumberRefused
from pipeline.queries import contacts as queries
from pipeline.queries import conversations, transcript
from pipeline.queries.contacts import KnownContact
from pipeline.queries.filter import ConversationFilter
from pipeline.records.core import contacts as records
from pipeline.records.core.contacts import ContactRow
from web.actions import table
from web.api import shapes
from web.api.cursors import Moment
from web.api.listing import one_page
from web.api.messages import queued_message
from web.api.noun import Noun
from web.auth import actor
from web.services import here

contacts = Noun("contacts", "Contacts")


def known(contact_id: uuid.UUID) -> KnownContact:
    """The contact with its addresses, as it is now. Raises NotFound."""
    with here().runtime.database.read() as connection:
        return queries.known(connection, contact_id)


def existing(connection: Connection, contact_id: uuid.UUID) -> ContactRow:
    """The contact. Raises NotFound."""
    if row := records.by_id(connection, contact_id):
        return row
    raise NotFound("There is no such contact.")


@contacts.get("/contacts")
@contacts.needs("viewer")
@contacts.takes(shapes.ContactsQuery, "query")
@contacts.output(shapes.ContactPage)
def list_contacts(q: str, limit: int, cursor: Moment | None = None) -> object:
    """List contacts

    The newest first.
    """
    with here().runtime.database.read() as connection:
        rows = queries.listing(connection, q, cursor, limit + 1)
    return one_page(rows, limit, lambda row: (row.created_at, row.id))


@contacts.post("/contacts")
@contacts.needs(table.ADD_CONTACT.role)
@contacts.takes(shapes.NewContact)
@contacts.output(shapes.KnownContact, status_code=201)
@contacts.doc(responses={200: "The contact that already has this number"})
def create_contact(phone: str, force: bool) -> tuple[object, int]:
    """Create a contact

    For a known number it answers 200 with the existing contact.
    """
    try:
        contact, is_new = table.ADD_CONTACT(phone, actor=actor(), force=force)
    except NumberRefused as error:
        hints = [str(error), *(['Send "force": true to add it.'] if error.is_doubtful else [])]
        raise HTTPError(422, detail={"json": {"phone": [" ".join(hints)]}}) from error
    return known(contact.id), 201 if is_new else 200


@contacts.get("/contacts/<uuid:contact_id>")
@contacts.needs("viewer")
@contacts.output(shapes.KnownContact)
def get_contact(contact_id: uuid.UUID) -> tuple[object, int]:
    """Get a contact"""
    return known(contact_id), 200


@contacts.patch("/contacts/<uuid:contact_id>")
@contacts.needs(table.CHANGE_CONTACT.role)
@contacts.takes(shapes.ContactChange)
@contacts.output(shapes.KnownContact)
@contacts.doc(responses={409: "Too many attributes, too long ones, or opted out of all numbers"})
def change_contact(  # noqa: PLR0913 (what the body may hold)
    contact_id: uuid.UUID,
    name: str | None = None,
    attributes: Mapping[str, str | None] = MappingProxyType({}),
    blocked: bool | None = None,
    opted_out: bool | None = None,
    channel: str = "",
    number: str = "",
) -> tuple[object, int]:
    """Change a contact

    Name, attributes, and whether messages are sent to them. `opted_out` counts for one of your
    numbers with `channel` and `number`, and for all of them without.
    """
    set_to = {key: text or "" for key, text in attributes.items()}
    table.CHANGE_CONTACT(contact_id, actor=actor(), name=name, attributes=set_to)
    if blocked is not None:
        (table.BLOCK if blocked else table.UNBLOCK)(contact_id, actor=actor())
    if opted_out is not None:
        action = table.OPT_OUT if opted_out else table.OPT_IN
        action(contact_id, actor=actor(), channel=channel, number=number)
    return known(contact_id), 200


@contacts.post("/contacts/<uuid:contact_id>/merge")
@contacts.needs(table.MERGE.role)
@contacts.takes(shapes.MergeRequest)
@contacts.output(shapes.Merged)
@contacts.doc(responses={409: "Both are the same contact"})
def merge_contacts(contact_id: uuid.UUID, other: uuid.UUID, dry_run: bool) -> object:
    """Merge another contact into this one

    Moves its conversations, messages and addresses. An opt-out or a block of either stays.
    """
    if dry_run:
        done = override.preview_merge(here().runtime, contact_id, other)
    else:
        done = table.MERGE(contact_id, actor=actor(), other=other)
    return {
        "dry_run": dry_run,
        "contact": known(contact_id),
        "conversations": done.conversations,
        "messages": done.messages,
        "addresses": done.addresses,
        "conflicts": done.conflicts,
        "opt_outs": done.opt_outs,
        "blocked": done.is_blocked,
    }


@contacts.post("/contacts/<uuid:contact_id>/split")
@contacts.needs(table.SPLIT.role)
@contacts.takes(shapes.SplitRequest)
@contacts.output(shapes.SplitResult)
@contacts.doc(responses={409: "It is not an address of the contact, or its only one"})
def split_contact(contact_id: uuid.UUID, address: str) -> object:
    """Split an address off

    It becomes a contact of its own with its conversations, and stays one.
    """
    done = table.SPLIT(contact_id, actor=actor(), address=address)
    numbers = {"conversations": done.conversations, "messages": done.messages}
    return {"contact": known(done.contact.id), **numbers}


@contacts.get("/contacts/<uuid:contact_id>/conversations")
@contacts.needs("viewer")
@contacts.takes(shapes.ByMoment, "query")
@contacts.output(shapes.ConversationPage)
def list_contact_conversations(
    contact_id: uuid.UUID, limit: int, cursor: Moment | None = None
) -> object:
    """List a contact's conversations

    The latest activity first.
    """
    criteria = ConversationFilter(contact_id=contact_id)
    with here().runtime.database.read() as connection:
        existing(connection, contact_id)
        rows = conversations.listing(connection, criteria, cursor, limit + 1)
    return one_page(rows, limit, lambda row: (row.last_message_at, row.id))


@contacts.get("/contacts/<uuid:contact_id>/messages")
@contacts.needs("viewer")
@contacts.takes(shapes.BySerial, "query")
@contacts.output(shapes.MessagePage)
def list_contact_messages(contact_id: uuid.UUID, limit: int, cursor: int = 0) -> object:
    """List a contact's messages

    Across all conversations, the oldest first.
    """
    with here().runtime.database.read() as connection:
        existing(connection, contact_id)
        rows = transcript.of_contact(connection, contact_id, cursor, limit + 1)
    return one_page(rows, limit, lambda row: (row.id,))


@contacts.post("/contacts/<uuid:contact_id>/messages")
@contacts.needs(table.WRITE_TO.role)
@contacts.takes(shapes.MessageHeaders, "headers")
@contacts.takes(shapes.FirstMessage)
@contacts.output(shapes.Message, status_code=201)
@contacts.doc(responses={200: "The message already queued under this key", 409: "Refused"})
def write_to_contact(
    contact_id: uuid.UUID,
    idempotency_key: str,
    body: str,
    channel: str,
    media_urls: Sequence[str],
) -> tuple[object, int]:
    """Write to a contact

    Opens a conversation in the bot's start state if none is open on the channel.
    """
    queued = table.WRITE_TO(
        contact_id,
        body,
        actor=actor(),
        channel=channel,
        idempotency_key=idempotency_key,
        media_urls=media_urls,
    )
    return queued_message(queued)
