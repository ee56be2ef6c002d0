"""Filters of the API as the reading side takes them."""

from collections.abc import Mapping
from typing import Any

from pipeline.enums import Holder
from pipeline.messages import storable
from pipeline.queries.filter import ConversationFilter


def wanted(given: Mapping[str, Any]) -> ConversationFilter:
    """Which conversations a ConversationFilter asks for."""
    return ConversationFilter(
        words=given["q"],
        states=tuple(map(storable, given["state"])),
        channel=given["channel"],
        holder=Holder(given["holder"]) if given["holder"] else None,
        held_by=storable(given["held_by"]),
        unread=given["unread"],
        failed=given["failed"],
        since=given.get("since"),
        until=given.get("until"),
        is_open=given.get("open"),
    )
