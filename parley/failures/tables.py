"""Failures in a terminal: tables of them, and one turn or message with its full error.

Texts of contacts are untrusted: they are printed without control characters and never as markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from pipeline.enums import TurnStatus
from pipeline.errors import NotFound
from pipeline.queries import failures as queries
from pipeline.queries import resending
from pipeline.queries.failures import MOST, FailedMessage, FailedTurn, FailurePosition
from pipeline.queries.resending import Failed
from pipeline.records.core import contacts, inbox, messages, parked
from pipeline.records.core.entries import EntryRow
from pipeline.records.core.messages import MessageRow
from pipeline.runtime import Runtime
from web.dashboard import formats

_LONGEST_WORDS = 160
_LONGEST_REASON = 240
# Joiners of emoji and of some scripts. Other non-printable characters may control a terminal or
# change the direction of the text that follows.
_HARMLESS = "\n\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which failures to show; `lane` is that of one contact, "" for all."""

    has_turns: bool
    has_messages: bool
    lane: str


def show_list(
    runtime: Runtime, selection: Selection, limit: int, turn_after: int, message_after: UUID | None
) -> None:
    """Print the selected lists, and the command for the next page."""
    lane = selection.lane
    with runtime.database.read() as connection:
        counts = queries.counts(connection, lane)
        place = _place(messages.by_public_id(connection, message_after)) if message_after else None
        turns = (
            queries.turns(connection, turn_after, limit + 1, lane) if selection.has_turns else ()
        )
        failed = (
            queries.messages(connection, place, limit + 1, lane) if selection.has_messages else ()
        )
        again = _again(connection, failed, runtime)
    console = Console(highlight=False)
    if selection.has_turns:
        _print(console, f"Failed turns: {_number(counts.turns)}", "Turn", _turns(turns[:limit]))
        _go_on(console, "--turns", selection.lane, turns, limit, "id")
    if selection.has_messages:
        heading = f"Failed messages: {_number(counts.messages)}"
        _print(console, heading, "Message", _messages(failed[:limit], again[:limit]))
        _go_on(console, "--messages", selection.lane, failed, limit, "public_id")


def show_turn(runtime: Runtime, turn_id: int) -> None:
    """Print a turn. Raises NotFound."""
    with runtime.database.read() as connection:
        turn = inbox.by_id(connection, turn_id)
        if turn is None:
            raise NotFound("There is no such turn.")
        is_failing = parked.is_failing(connection, turn_id)
        contact = contacts.by_keys(connection, [turn.lane]).get(turn.lane)
    _print_fields(
        {
            "Turn": str(turn.id),
            "Status": TurnStatus.FAILING if is_failing else turn.status,
            "Contact": _named(turn.lane, contact.name if contact else ""),
            "Kind": turn.kind,
            "Received": _when(turn.received_at),
            "Parked": _when(turn.handled_at) if turn.status == "parked" else "",
            "Attempts": str(turn.attempts),
            "Words": text_of(turn),
        },
        turn.error,
    )


def show_message(runtime: Runtime, message_id: UUID) -> None:
    """Print a message. Raises NotFound."""
    with runtime.database.read() as connection:
        message = messages.by_public_id(connection, message_id)
        contact = contacts.by_id(connection, message.contact_id) if message else None
        again = _again(connection, [message], runtime)[0] if message else None
    if message is None or contact is None or again is None:
        raise NotFound("There is no such message.")
    _print_fields(
        {
            "Message": str(message.public_id),
            "Status": formats.mark(message),
            "Contact": _named(contact.key, contact.name),
            "Channel": f"{formats.channel(message.channel)}, our number {message.our_number}",
            "Author": message.author,
            "Kind": message.kind,
            "Created": _when(message.created_at),
            "Failed": _when(message.failed_at),
            "Attempts": str(message.attempts),
            "Not again": again.unchanged,
            "Words": message.body,
        },
        message.error,
    )


def text_of(turn: EntryRow | FailedTurn) -> str:
    """The text of the contact's message; "" if there is none."""
    message = turn.payload.get("message")
    text = message.get("text") if isinstance(message, dict) else None
    return text if isinstance(text, str) else ""


def plain(words: str) -> str:
    """The text without characters that could control a terminal."""
    return "".join(c if c.isprintable() or c in _HARMLESS else "\ufffd" for c in words)


def _turns(rows: Sequence[FailedTurn]) -> list[tuple[str, str, str, str, str]]:
    """Rows of number, contact, time, text and error."""
    return [
        (
            str(row.id),
            _named(row.lane, row.name or ""),
            _when(row.parked_at) or f"next try {_when(row.next_attempt_at) or 'now'}",
            text_of(row) or f"({row.kind})",
            row.error or "The worker died.",
        )
        for row in rows
    ]


def _messages(
    rows: Sequence[FailedMessage], again: Sequence[resending.Again]
) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            str(row.public_id),
            _named(row.key, row.name),
            _when(row.failed_at),
            formats.gist(row.kind, row.body),
            why_not.unchanged or formats.mark(row),
        )
        for row, why_not in zip(rows, again, strict=True)
    ]


def _again(
    connection: Connection, rows: Sequence[Failed], runtime: Runtime
) -> list[resending.Again]:
    now = runtime.database.now(connection)
    return resending.assess(connection, rows, runtime.provider, now)


def _print(
    console: Console, heading: str, noun: str, rows: Sequence[tuple[str, str, str, str, str]]
) -> None:
    console.print(Text(heading, "bold"))
    if not rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    # An id is copied into the next command, so it is never cut or wrapped.
    table.add_column(noun, no_wrap=True)
    table.add_column("Contact and since when")
    table.add_column("What, and why", ratio=1)
    for number, contact, since, words, reason in rows:
        why = Text(_line(words, _LONGEST_WORDS))
        why.append(f"\n{_line(reason, _LONGEST_REASON)}", "red")
        table.add_row(Text(number), Text(f"{plain(contact)}\n{since}"), why)
    console.print(table)


def _go_on(
    console: Console,
    which: str,
    lane: str,
    rows: Sequence[FailedTurn | FailedMessage],
    limit: int,
    name: str,
) -> None:
    if len(rows) > limit:
        whose = f" --contact {lane}" if lane else ""
        after = getattr(rows[limit - 1], name)
        more = f"More: parley failures list {which}{whose} --limit {limit} --after {after}"
        console.print(Text(more), soft_wrap=True)


def _print_fields(fields: dict[str, str], error: str) -> None:
    console = Console(highlight=False)
    for name, value in fields.items():
        if value:
            console.print(Text(f"{name:<9} {plain(value)}"), soft_wrap=True)
    if error:
        console.print(Text(f"\n{plain(error)}"), soft_wrap=True)


def _line(words: str, longest: int) -> str:
    """The first line that is not blank, shortened."""
    first = next((line for line in plain(words).splitlines() if line.strip()), "")
    return first if len(first) <= longest else first[: longest - 1] + "…"


def _named(key: str, name: str) -> str:
    return f"{key} {name}" if name else key


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else ""


def _number(count: int) -> str:
    return f"more than {MOST:,}" if count > MOST else f"{count:,}"


def _place(message: MessageRow | None) -> FailurePosition:
    if message is None or message.failed_at is None:
        raise NotFound("The message to continue after is no longer on the list.")
    return message.failed_at, message.id
