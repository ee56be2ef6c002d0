"""`parley states`: the bot's state machine, and the number of open conversations in each state.

`--check` compares the states in the database with those of the code before a deploy. `map` and
`reset` move conversations out of a state that no longer exists.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches

import click
from sqlalchemy.exc import SQLAlchemyError

from pipeline import override
from pipeline.botkit import Bot, load
from pipeline.botkit.analysis import graph
from pipeline.database import Database
from pipeline.errors import SchemaError
from pipeline.override import Changed
from pipeline.queries import queues
from pipeline.queries.filter import ConversationFilter
from pipeline.queries.machine import StateUsage, places
from pipeline.queries.states import StateCount, listing
from pipeline.records import schema
from pipeline.records.core import timers
from pipeline.runtime import Runtime, opened
from pipeline.settings import Settings

_ACTOR = "parley states"
_FORCE = click.option(
    "--force", is_flag=True, help="Even while workers with another version of the bot run."
)


@click.group(invoke_without_command=True, epilog="Example: BOT=bots.template:bot parley states")
@click.option(
    "--check",
    is_flag=True,
    help="Fail if conversations are in states that the bot lacks, or timers lead to such.",
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
        _check(bot, *_found(settings.database_url, list(bot.states)))
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
    return _found(url, names)[0]


def _found(url: str, names: list[str]) -> tuple[Sequence[StateCount], Mapping[str, int]]:
    """The conversations in each state, and the timers that lead to each."""
    database = Database(url, application=_ACTOR, statement_seconds=5)
    try:
        with database.read() as connection:
            schema.check(connection)
            return listing(connection, names), timers.targets(connection)
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


def _check(bot: Bot, counts: Sequence[StateCount], targets: Mapping[str, int]) -> None:
    """Fail with each state that the code lacks; renamed ones exist under their new name."""
    lost = [row for row in places(bot, counts) if row.node is None and row.conversations > 0]
    dead = {state: number for state, number in targets.items() if not bot.known(state)}
    if not lost and not dead:
        known = sum(count.conversations for count in counts)
        click.echo(f"{bot.name} has every state that {_conversations(known)} in.")
        if led := sum(targets.values()):
            click.echo(f"It has every state that {_timers(led)} to.")
        return
    for row in lost:
        are = _conversations(row.conversations)
        click.echo(f"{are} in `{row.name}`, which this bot does not have")
    for state, number in dead.items():
        click.echo(f"{_timers(number)} to `{state}`, which this bot does not have")
    for name in dict.fromkeys([*(row.name for row in lost), *dead]):
        is_lost = any(row.name == name for row in lost)
        click.echo("\n".join(["", *_fixes(bot, name, is_lost=is_lost)]))
    raise click.exceptions.Exit(1)


def _timers(number: int) -> str:
    return f"{number:,} pending timer{' leads' if number == 1 else 's lead'}"


def _conversations(number: int) -> str:
    return f"{number:,} conversation{' is' if number == 1 else 's are'}"


def _fixes(bot: Bot, old: str, *, is_lost: bool) -> Iterator[str]:
    (likely, *_) = [*get_close_matches(old, bot.states, 1, 0.4), bot.start]
    words, target = shlex.quote(old), shlex.quote(likely)
    yield f"To fix `{old}`, choose one of:"
    yield f"  parley states map {words} {target}    move them to `{likely}`, or another state"
    if is_lost:
        yield f"  parley states reset {words}    restart them in `{bot.start}`, without data"
    yield f"  bot.renamed({old!r}, {likely!r})    in the bot's file, if it was renamed"


@states.command("map", epilog="Example: parley states map ask_email ask_address --yes")
@click.argument("old")
@click.argument("new")
@click.option("--yes", is_flag=True, help="Apply the change; otherwise it is only counted.")
@_FORCE
def map_state(old: str, new: str, yes: bool, force: bool) -> None:
    """Move every open conversation in the state OLD to the state NEW, with its data.

    Pending timers that lead to OLD lead to NEW from then on.
    """
    with opened(_ACTOR) as runtime:
        override.known_state(runtime, new, force=False)
        _refuse_beside_others(runtime, yes=yes, force=force)
        _change(
            runtime,
            old,
            f"continue in `{new}`",
            (lambda wanted, expected: _move(runtime, wanted, new, expected)) if yes else None,
        )
        _retarget(runtime, old, new, yes=yes)


@states.command("reset", epilog="Example: parley states reset ask_email --yes")
@click.argument("old")
@click.option("--yes", is_flag=True, help="Apply the change; otherwise it is only counted.")
@_FORCE
def reset_state(old: str, yes: bool, force: bool) -> None:
    """Restart every open conversation in the state OLD: start state, without data."""
    with opened(_ACTOR) as runtime:
        _refuse_beside_others(runtime, yes=yes, force=force)
        _change(
            runtime,
            old,
            f"restart in `{runtime.bot.start}`, without data",
            (lambda wanted, expected: _reset(runtime, wanted, expected)) if yes else None,
        )


def _refuse_beside_others(runtime: Runtime, *, yes: bool, force: bool) -> None:
    """Refuse while workers run another version of the bot, which may lack the new state."""
    with runtime.database.read() as connection:
        now = runtime.database.now(connection)
        running = queues.bot_versions(connection, now)
    others = {version: number for version, number in running.items() if version != _own(runtime)}
    if not others:
        return
    listed = ", ".join(f"{number} with {version}" for version, number in sorted(others.items()))
    text = (
        f"Workers run another version of the bot: {listed}; this is {_own(runtime)}. They may move "
        "conversations back, or lack the new state. Replace them first"
    )
    if yes and not force:
        raise click.ClickException(f"{text}, or add --force.")
    click.echo(f"{text}{'.' if force else ', or add --force.'}", err=True)


def _own(runtime: Runtime) -> str:
    return runtime.bot.version


def _retarget(runtime: Runtime, old: str, new: str, *, yes: bool) -> None:
    with runtime.database.read() as connection:
        number = timers.targets(connection).get(old, 0)
    if number and not yes:
        click.echo(f"{_timers(number)} to `{old}` and would lead to `{new}`.")
    elif number:
        moved = override.retarget_timers(runtime, old, new, actor=_ACTOR)
        click.echo(f"{_timers(moved)} to `{new}` now.")


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
