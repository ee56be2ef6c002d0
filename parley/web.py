"""`parley web`: the web processes of a production install. Next: web/server.py, web/app.py."""

import click

from pipeline import logs
from pipeline.botkit import load
from pipeline.errors import BotDefinitionError
from pipeline.settings import Settings
from web import port
from web.server import serve_processes


@click.command(epilog="Example: HOST=0.0.0.0 PORT=8080 parley web --workers 4")
@click.option("--workers", default=2, show_default=True, help="Number of processes.")
def web(workers: int) -> None:
    """Serve webhooks, API and dashboard on HOST and PORT.

    If the bot cannot be loaded, webhooks are still accepted, and every page shows the error.
    """
    settings = Settings.load()
    try:
        load(settings.bot)
    except BotDefinitionError as error:
        click.echo(f"The bot cannot be loaded. Messages are accepted and wait: {error}", err=True)
    # Before processes start, so that a conflict is one line.
    port.listen(settings.host, settings.port).close()
    logs.configure(settings.log_format)
    serve_processes(settings, workers)
