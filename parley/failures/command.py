"""`parley failures`: list failed turns and messages; retry, skip, dismiss or export them.

The page for it is in web/dashboard/failures/. tables.py formats the lists, export.py the file.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import click

from parley.failures import export as exports
from parley.failures import tables
from parley.failures.tables import Selection
from pipeline import override
from pipeline.errors import ChangeRefused, NotFound
from pipeline.providers import addresses
from pipeline.queries import failures as queries
from pipeline.records.core import aliases, contacts
from pipeline.runtime import Runtime, opened
from pipeline.wakeups import Pool
from workers.notifier import Notifier

_ACTOR = "parley failures"
_TURN = click.IntRange(min=1)


def _selecting(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that select failures."""
    options = (
        click.option("--turns", is_flag=True, help="Turns only."),
        click.option("--messages", is_flag=True, help="Messages only."),
        click.option("--contact", metavar="NUMBER", help="Only of one contact, e.g. +14155550132."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(invoke_without_command=True, epilog="Example: parley failures")
@click.pass_context
def failures(context: click.Context) -> None:
    """List failed turns and messages, and retry or dismiss them.

    A turn that fails is tried five times, then it is parked. An undelivered message stays listed
    until somebody sends it again or dismisses it. Without a subcommand, prints the list.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_failures)


@failures.command("list", epilog="Example: parley failures list --turns --contact +14155550132")
@_selecting
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--after", metavar="ID", help="Continue after this turn or message.")
def list_failures(
    turns: bool, messages: bool, contact: str | None, limit: int, after: str | None
) -> None:
    """List failing and parked turns, oldest first, and failed messages, newest first."""
    with opened(_ACTOR, needs_bot=False) as runtime:
        turn_after, message_after = _id_of(after) if after else (0, None)
        selection = Selection(
            has_turns=message_after is None and (turns or not messages),
            has_messages=not turn_after and (messages or not turns),
            lane=_lane(runtime, contact),
        )
        tables.show_list(runtime, selection, limit, turn_after, message_after)


@failures.command(epilog="Example: parley failures show 42")
@click.argument("failure_id", metavar="ID")
def show(failure_id: str) -> None:
    """Print one turn or message with its text and full error."""
    turn_id, message_id = _id_of(failure_id)
    with opened(_ACTOR, needs_bot=False) as runtime:
        if message_id:
            tables.show_message(runtime, message_id)
        else:
            tables.show_turn(runtime, turn_id)


@failures.command(epilog="Example: parley failures rerun --contact +14155550132")
@click.argument("turn_ids", metavar="[ID]...", nargs=-1, type=_TURN)
@click.option("--all", "is_all", is_flag=True, help="Every parked turn.")
@click.option("--contact", metavar="NUMBER", help="Only of one contact, e.g. +14155550132.")
def rerun(turn_ids: Sequence[int], is_all: bool, contact: str | None) -> None:
    """Retry parked turns, in order for each contact."""
    _one_of(turn_ids, is_all, contact)
    with opened(_ACTOR, needs_bot=False) as runtime:
        if turn_ids:
            done, refused = _each(
                sorted(set(turn_ids)), lambda one: override.rerun(runtime, one, actor=_ACTOR)
            )
        else:
            lane, refused = _lane(runtime, contact), 0
            done = override.rerun_all(runtime, actor=_ACTOR, lane=lane)
        _report(f"{_turns(done)} will be retried.", refused)
        _notify(runtime, "converse", done)
    _end(refused)


@failures.command("try-now", epilog="Example: parley failures try-now 42")
@click.argument("turn_ids", metavar="ID...", nargs=-1, type=_TURN, required=True)
def try_now(turn_ids: Sequence[int]) -> None:
    """Try failing turns again at once instead of at their next attempt."""
    with opened(_ACTOR, needs_bot=False) as runtime:
        done, refused = _each(
            sorted(set(turn_ids)), lambda one: override.try_now(runtime, one, actor=_ACTOR)
        )
        _report(f"{_turns(done)} will be tried now.", refused)
        _notify(runtime, "converse", done)
    _end(refused)


@failures.command(epilog="Example: parley failures resend --all")
@click.argument("message_ids", metavar="[MESSAGE_ID]...", nargs=-1, type=click.UUID)
@click.option("--all", "is_all", is_flag=True, help="Every failed message.")
@click.option("--contact", metavar="NUMBER", help="Only of one contact, e.g. +14155550132.")
def resend(message_ids: Sequence[UUID], is_all: bool, contact: str | None) -> None:
    """Send failed messages again, in their original order.

    Exits with status 1 if any is refused, for example because its number does not exist.
    """
    _one_of(message_ids, is_all, contact)
    with opened(_ACTOR, needs_bot=False) as runtime:
        lane = _lane(runtime, contact)
        with runtime.database.read() as connection:
            listed = queries.in_order(connection, lane)
        wanted = set(message_ids)
        # An unlisted message may be sent again too, or is refused with the reason.
        ordered = [one for one in listed if one in wanted or not wanted]
        ordered += sorted(wanted - set(listed))
        done, refused = _each(ordered, lambda one: override.retry(runtime, one, actor=_ACTOR))
        _report(f"{_messages(done)} will be sent again.", refused)
        _notify(runtime, "dispatch", done)
    _end(refused)


@failures.command(epilog="Example: parley failures skip 42 43")
@click.argument("turn_ids", metavar="ID...", nargs=-1, type=_TURN, required=True)
def skip(turn_ids: Sequence[int]) -> None:
    """Skip failed turns for good. The contact's messages stay in the conversation."""
    with opened(_ACTOR, needs_bot=False) as runtime:
        done, refused = _each(
            sorted(set(turn_ids)), lambda one: override.skip(runtime, one, actor=_ACTOR)
        )
    _report(f"{_turns(done)} skipped.", refused)
    _end(refused)


@failures.command(epilog="Example: parley failures dismiss 0198c5a0-7c1e-7a52-9f06-3d1f6b1c2a77")
@click.argument("message_ids", metavar="MESSAGE_ID...", nargs=-1, type=click.UUID, required=True)
def dismiss(message_ids: Sequence[UUID]) -> None:
    """Remove failed messages from the list. They stay marked in their conversations."""
    with opened(_ACTOR, needs_bot=False) as runtime:
        done, refused = _each(
            dict.fromkeys(message_ids), lambda one: override.dismiss(runtime, one, actor=_ACTOR)
        )
    _report(f"{_messages(done)} dismissed.", refused)
    _end(refused)


@failures.command(epilog="Example: parley failures export --format jsonl > failures.jsonl")
@_selecting
@click.option(
    "--format",
    "kind",
    type=click.Choice(exports.FORMATS),
    default="csv",
    show_default=True,
    help="csv for spreadsheets, jsonl (one JSON object a line) for programs.",
)
def export(turns: bool, messages: bool, contact: str | None, kind: exports.Format) -> None:
    """Print all failures as a file, with full errors. The audit log records the export."""
    with opened(_ACTOR, needs_bot=False) as runtime:
        selection = Selection(turns or not messages, messages or not turns, _lane(runtime, contact))
        for part in exports.lines(runtime, selection, kind, actor=_ACTOR):
            click.echo(part, nl=False)


def _id_of(written: str) -> tuple[int, UUID | None]:
    """The number of a turn, or the id of a message. Raises NotFound for neither."""
    if written.isdecimal() and (number := int(written)):
        # No id is larger than a 64-bit integer.
        if number < 2**63:
            return number, None
        raise NotFound("There is no such turn.")
    try:
        return 0, UUID(written)
    except ValueError:
        raise NotFound(f"{written!r} is neither a turn number nor a message id.") from None


def _lane(runtime: Runtime, number: str | None) -> str:
    """Return the lane of a contact, or "" for all. Raises NotFound for an unknown number."""
    if number is None:
        return ""
    with runtime.database.read() as connection:
        key = addresses.contact(number).key if number.strip() else ""
        lane = aliases.lane_of(connection, key)
        # The message of an unreadable turn has no contact yet.
        is_known = contacts.by_keys(connection, [lane]) or queries.counts(connection, lane).turns
    if not is_known:
        raise NotFound(f"There is no contact {number}. {addresses.EXPECTED_E164}")
    return lane


def _one_of(ids: Sequence[Any], is_all: bool, contact: str | None) -> None:
    if bool(ids) + is_all + (contact is not None) != 1:
        raise click.UsageError("Give exactly one of: IDs, --all or --contact NUMBER.")


def _each(ids: Iterable[Any], change: Callable[[Any], object]) -> tuple[int, int]:
    """Apply a change to each id; returns how many succeeded and how many were refused."""
    done = refused = 0
    for one in ids:
        try:
            change(one)
            done += 1
        except ChangeRefused as error:
            click.echo(f"{one}: {error}", err=True)
            refused += 1
    return done, refused


def _turns(number: int) -> str:
    return f"{number:,} turn{'' if number == 1 else 's'}"


def _messages(number: int) -> str:
    return f"{number:,} message{'' if number == 1 else 's'}"


def _report(what: str, refused: int) -> None:
    click.echo(f"{what} {refused:,} refused." if refused else what)


def _notify(runtime: Runtime, pool: Pool, work: int) -> None:
    """Wake the workers; without this, the clock does so within two seconds."""
    if work and not Notifier(runtime.settings).notify_now(pool):
        click.echo("The broker is not reachable; the clock will wake the workers.", err=True)


def _end(refused: int) -> None:
    if refused:
        raise click.exceptions.Exit(1)
