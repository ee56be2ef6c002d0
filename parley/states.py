"""`parley states`: the bot's state machine, and how many open conversations rest in each state."""

from collections.abc import Iterator, Sequence

import click
from sqlalchemy.exc import SQLAlchemyError

from pipeline.botkit import graph, load
from pipeline.database import Database
from pipeline.errors import SchemaError
from pipeline.insight.machine import Place, places
from pipeline.insight.states import StateCount, listing
from pipeline.records import schema
from pipeline.settings import Settings


@click.command(epilog="Example: BOT=bots.template:bot parley states")
def states() -> None:
    """Print the bot's states, their moves, and the open conversations in each."""
    settings = Settings.load()
    bot = load(settings.bot)
    click.echo(graph.as_text(bot))
    click.echo()
    try:
        counts = _counts(settings.database_url, list(bot.states))
    except SchemaError as error:
        click.echo(f"No counts: {error}")
    except SQLAlchemyError as error:
        click.echo(f"No counts: the database does not answer ({type(error).__name__}).")
    else:
        _print(places(bot, counts))


def _counts(url: str, names: list[str]) -> Sequence[StateCount]:
    database = Database(url, application="parley states", statement_seconds=5)
    try:
        with database.read() as connection:
            schema.check(connection)
            return listing(connection, names)
    finally:
        database.close()


def _print(rows: Sequence[Place]) -> None:
    width = max(len(row.name) for row in rows)
    click.echo("Open conversations")
    for row in rows:
        remark = "".join(f"  {remark}" for remark in _remarks(row))
        click.echo(f"  {row.name:<{width}}  {row.conversations:>7}{remark}")


def _remarks(row: Place) -> Iterator[str]:
    if row.node is None:
        yield "not in the bot's code: its fallback hears these"
    for name, number in row.earlier:
        yield f"{number} of them under its old name {name}"
