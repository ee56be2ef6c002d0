"""`parley web`: the web processes of a production install, under granian. Next: web/app.py."""

import click
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from parley import port
from pipeline import logs
from pipeline.botkit import load
from pipeline.errors import BotDefinitionError
from pipeline.settings import Settings

# A webhook waits for its commit and an API call for a query: threads that wait cost little.
_THREADS = 64
# More open requests than this in one process wait in the kernel's queue instead.
_BACKPRESSURE = 256
_STOP_SECONDS = 8


@click.command(epilog="Example: HOST=0.0.0.0 PORT=8080 parley web --workers 4")
@click.option("--workers", default=2, show_default=True, help="How many processes answer.")
def web(workers: int) -> None:
    """Serve webhooks, API and pages at HOST and PORT until told to stop.

    Without a bot that can be loaded webhooks are taken all the same, and every page says why.
    """
    settings = Settings.load()
    try:
        load(settings.bot)
    except BotDefinitionError as error:
        click.echo(f"The bot cannot be loaded; messages are taken and wait: {error}", err=True)
    port.listen(settings.host, settings.port).close()
    logs.configure(settings.log_format)
    Granian(
        "web.app:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=workers,
        blocking_threads=_THREADS,
        backpressure=_BACKPRESSURE,
        # A client that is slow to speak must not hold a connection for ever.
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        log_access=False,
    ).serve()
