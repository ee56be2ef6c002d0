"""`parley states`: the bot's state machine, and the number of open conversations in each state.

`--check` compares the states in the database with those of the code before a deploy. `map` and
`reset` move conversations out of a state that no longer exists.
"""

import shlex
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches

import click
from sqlalchemy.exc import SQLAlchemyError

from pipeline import override
from pipeline.botkit import Bot, load
from pipeline.botkit.analysis import graph
from pipeline.database import Database
from pipeline.errors import SchemaError
from pipeline.override import Changed
from pipeline.queries.filter import ConversationFilter
from pipeline.queries.machine import StateUsage, places
from pipeline.queries.states import StateCount, listing
from pipeline.records import schema
from pipeline.runtime import Runtime, opened
from pipeline.settings import Settings

_ACTOR = "parley states"


@click.group(invoke_without_command=True, epilog="Example: BOT=bots.template:bot parley states")
@click.option(
    "--check", is_flag=True, help="Fail if conversations are in states that the bot lacks."
)
@click.pass_context
def states(context: click.Context, check: bool) -> None:
    """Print the bot's states, their transitions, and the open conversations in each."""
    if context.invoked_subcommand is not None:
        if check:
            raise click.UsageError("--check cannot be combined with a subcommand.")
        return
    settings = Settings.load()
    bot = load(settings.bot)
    if check:
        _check(bot, _counts(settings.database_url, list(bot.states)))
    else:
        _show(settings, bot)


def _show(settings: Settings, bot: Bot) -> None:
    click.echo(graph.as_text(bot))
    click.echo()
    try:
        counts = _counts(settings.database_url, list(bot.states))
    except SchemaError as error:
        click.echo(f"No counts: {error}")
    except SQLAlchemyError as error:
        click.echo(f"No counts: the database is not reachable ({type(error).__name__}).")
    else:
        _print(places(bot, counts))


def _counts(url: str, names: list[str]) -> Sequence[StateCount]:
    database = Database(url, application=_ACTOR, statement_seconds=5)
    try:
        with database.read() as connection:
            schema.check(connection)
            return listing(connection, names)
    finally:
        database.close()


def _print(rows: Sequence[StateUsage]) -> None:
    width = max(len(row.name) for row in rows)
    click.echo("Open conversations")
    for row in rows:
        remark = "".join(f"  {remark}" for remark in _remarks(row))
        click.echo(f"  {row.name:<{width}}  {row.conversations:>7}{remark}")


def _remarks(row: StateUsage) -> Iterator[str]:
    if row.node is None:
        yield "not in the bot's code: the fallback handles these"
    for name, number in row.earlier:
        yield f"{number} of them under its old name {name}"


def _check(bot: Bot, counts: Sequence[StateCount]) -> None:
    """Fail with each state that the code lacks; renamed ones exist under their new name."""
    lost = [row for row in places(bot, counts) if row.node is None and row.conversations > 0]
    if not lost:
        known = sum(count.conversations for count in counts)
        click.echo(f"{bot.name} has every state that {_conversations(known)} in.")
        return
    for row in lost:
        are = _conversations(row.conversations)
        click.echo(f"{are} in `{row.name}`, which this bot does not have")
    for row in lost:
        click.echo("\n".join(["", *_fixes(bot, row.name)]))
    raise click.exceptions.Exit(1)


def _conversations(number: int) -> str:
    return f"{number:,} conversation{' is' if number == 1 else 's are'}"


def _fixes(bot: Bot, old: str) -> Iterator[str]:
    (likely, *_) = [*get_close_matches(old, bot.states, 1, 0.4), bot.start]
    words, target = shlex.quote(old), shlex.quote(likely)
    yield f"To fix `{old}`, choose one of:"
    yield f"  parley states map {words} {target}    move them to `{likely}`, or another state"
    yield f"  parley states reset {words}    restart them in `{bot.start}`, without data"
    yield f"  bot.renamed({old!r}, {likely!r})    in the bot's file, if it was renamed"


@states.command("map", epilog="Example: parley states map ask_email ask_address --yes")
@click.argument("old")
@click.argument("new")
@click.option("--yes", is_flag=True, help="Apply the change; otherwise it is only counted.")
def map_state(old: str, new: str, yes: bool) -> None:
    """Move every open conversation in the state OLD to the state NEW, with its data."""
    with opened(_ACTOR) as runtime:
        override.known_state(runtime, new, force=False)
        _change(
            runtime,
            old,
            f"continue in `{new}`",
            (lambda wanted, expected: _move(runtime, wanted, new, expected)) if yes else None,
        )


@states.command("reset", epilog="Example: parley states reset ask_email --yes")
@click.argument("old")
@click.option("--yes", is_flag=True, help="Apply the change; otherwise it is only counted.")
def reset_state(old: str, yes: bool) -> None:
    """Restart every open conversation in the state OLD: start state, without data."""
    with opened(_ACTOR) as runtime:
        _change(
            runtime,
            old,
            f"restart in `{runtime.bot.start}`, without data",
            (lambda wanted, expected: _reset(runtime, wanted, expected)) if yes else None,
        )


def _change(
    runtime: Runtime, old: str, what: str, do: Callable[[ConversationFilter, int], Changed] | None
) -> None:
    wanted = ConversationFilter(states=(old,))
    expected = override.count_open(runtime, wanted)
    if expected == 0:
        click.echo(f"No open conversation is in `{old}`.")
    elif do is None:
        click.echo(f"{_conversations(expected)} in `{old}` and would {what}.")
        click.echo("Nothing has changed yet. Add --yes to apply.")
    else:
        changed = do(wanted, expected).changed
        click.echo(f"{changed:,} of {expected:,} in `{old}` now {what}.")


def _move(runtime: Runtime, wanted: ConversationFilter, new: str, expected: int) -> Changed:
    reason = f"parley states map {wanted.states[0]} {new}"
    return override.change_states(
        runtime, wanted, new, actor=_ACTOR, reason=reason, expected=expected
    )


def _reset(runtime: Runtime, wanted: ConversationFilter, expected: int) -> Changed:
    reason = f"parley states reset {wanted.states[0]}"
    return override.reset_states(runtime, wanted, actor=_ACTOR, reason=reason, expected=expected)
