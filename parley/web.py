"""`parley web`: the web processes of a production install. Next: web/server.py, web/app.py."""

import click

from pipeline import logs
from pipeline.botkit import load
from pipeline.errors import BotDefinitionError
from pipeline.settings import Settings
from web import port
from web.parent_watch import STOP_SECONDS

# A webhook waits for its commit and an API call for a query: threads that wait cost little. There
# are more than have work, as some may wait for bodies that come slowly (web/slow_client_guard.py).
_THREADS = 256
# Open connections of one process; more wait in the kernel's queue. Idle ones count, and whoever
# wants to keep others out opens many, so there is room for more than have work.
_CONNECTIONS = 2048
# Of a header: the server keeps so much for each connection that is slow to send one.
_HEADER_BYTES = 64 * 1024
_HEADER_MILLISECONDS = 10_000


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
