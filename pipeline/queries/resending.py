"""Resending: why a message that was not delivered cannot be sent again, for verb, API and pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from pipeline.conversation.window import is_free_form
from pipeline.enums import NOT_DELIVERED, Direction
from pipeline.gates import why_not_to_write
from pipeline.providers.base import Provider
from pipeline.queries.failures import FailedMessage
from pipeline.records.core import contacts, conversations, resends
from pipeline.records.core.contacts import ContactRow
from pipeline.records.core.conversation_rows import ConversationRow
from pipeline.records.core.messages import MessageRow

_HOPELESS = "Sending it again would fail for the same reason: {reason}."
Failed = MessageRow | FailedMessage


class Again(NamedTuple):
    """Why a message cannot be sent again unchanged, and why not with another text; "" if it can."""

    unchanged: str
    edited: str


class _Around(NamedTuple):
    """What is around the failed messages: contacts, conversations, and what was sent again.

    `refusing` are the conversations whose window is closed, as the provider said.
    """

    contacts: Mapping[UUID, ContactRow]
    conversations: Mapping[UUID, ConversationRow]
    refusing: frozenset[UUID]
    sent_again: frozenset[UUID]


def assess(
    connection: Connection, failed: Sequence[Failed], provider: Provider, now: datetime
) -> list[Again]:
    """For each of these messages, whether it can be sent again."""
    ids = {one.conversation_id for one in failed if one.conversation_id}
    among = conversations.by_ids(connection, ids)
    around = _Around(
        contacts.by_ids(connection, {one.contact_id for one in failed}),
        among,
        frozenset(one.id for one in among.values() if is_window_refused(connection, one, provider)),
        resends.sent_again(connection, [one.public_id for one in failed]),
    )
    return [_assess(one, around, provider, now) for one in failed]


def assess_lines(
    connection: Connection, shown: Sequence[MessageRow], provider: Provider, now: datetime
) -> Mapping[int, Again]:
    """By id, for those of a transcript that were not delivered."""
    failed = [
        row for row in shown if row.direction == Direction.OUTBOUND and row.status in NOT_DELIVERED
    ]
    if not failed:
        return {}
    found = assess(connection, failed, provider, now)
    return {row.id: again for row, again in zip(failed, found, strict=True)}


def _assess(failed: Failed, around: _Around, provider: Provider, now: datetime) -> Again:
    contact = around.contacts.get(failed.contact_id)
    where = around.conversations.get(failed.conversation_id) if failed.conversation_id else None
    if failed.direction != Direction.OUTBOUND or where is None or contact is None:
        return _both("Only outbound messages can be sent again.")
    if failed.status not in NOT_DELIVERED:
        return _both("This message did not fail.")
    if failed.public_id in around.sent_again:
        return _both("It was sent again already.")
    has_refused = where.id in around.refusing

    def why_not(*, is_changed: bool) -> str:
        if provider.is_hopeless(failed.error_code, is_changed=is_changed):
            return _HOPELESS.format(reason=failed.error.rstrip("."))
        is_template = not (is_free_form(failed.content) or is_changed)
        return why_not_to_write(
            contact, where, now, provider.limits, is_template=is_template, has_refused=has_refused
        )

    return Again(why_not(is_changed=False), why_not(is_changed=True))


def is_window_refused(connection: Connection, where: resends.Line, provider: Provider) -> bool:
    """Whether the provider said, since the contact last wrote here, that its window is closed.

    Our records may say that it is open: the provider does not count every message.
    """
    on_channel = provider.limits.get(where.channel)
    if on_channel is None or on_channel.window is None:
        return False
    return resends.was_refused_since_inbound(connection, where, provider.window_codes)


def _both(reason: str) -> Again:
    return Again(reason, reason)
