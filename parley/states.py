"""`parley states`: the bot's state machine, and how many open conversations rest in each state."""

from collections.abc import Sequence

import click
from sqlalchemy.exc import SQLAlchemyError

from pipeline.botkit import graph, load
from pipeline.database import Database
from pipeline.errors import SchemaError
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
        _print(counts)


def _counts(url: str, names: list[str]) -> Sequence[StateCount]:
    database = Database(url, application="parley states", statement_seconds=5)
    try:
        with database.read() as connection:
            schema.check(connection)
            return listing(connection, names)
    finally:
        database.close()


def _print(counts: Sequence[StateCount]) -> None:
    width = max(len(count.state) for count in counts)
    click.echo("Open conversations")
    for count in counts:
        mark = "" if count.known else "  not in the bot's code: its fallback hears these"
        click.echo(f"  {count.state:<{width}}  {count.conversations:>7}{mark}")
