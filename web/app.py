"""The web process: one Flask app with webhooks, API, health checks and the dashboard."""

from importlib.metadata import version
from types import TracebackType

from apiflask import APIFlask
from flask import request

from pipeline import runtime as runtimes
from pipeline.receive import Receiver
from pipeline.runtime import Runtime
from pipeline.settings import Settings
from pipeline.wakeups import Notify
from web import (
    headers,
    metrics,
    own_site,
    parent_watch,
    problems,
    slow_client_guard,
    webhooks,
)
from web.api import shapes
from web.api.nouns import NOUNS
from web.broker import BrokerProbe
from web.dashboard import pages as dashboard
from web.health import health
from web.reader import Reader
from web.services import Site
from workers.notifier import Notifier

API = "/api/v1"
# A webhook must be answered within 2 s; providers give up after 15 s.
STATEMENT_SECONDS = 1.5


class _App(APIFlask):
    """An app that logs no addresses: the address of an invitation is a secret."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]
    ) -> None:
        page = problems.page_of_log()
        self.logger.error("Exception on %s [%s]", page, request.method, exc_info=exc_info)


def create_app(runtime: Runtime | None = None, notify: Notify | None = None) -> APIFlask:
    """Create the app; without arguments, from the settings of this process."""
    runtime = runtime or _own_runtime()
    notify = notify or Notifier(runtime.settings).notify
    app = _api_app()
    receiver = Receiver(runtime.database, notify, marked=runtime.bot.marked)
    app.extensions["parley"] = Site(
        runtime, notify, receiver, BrokerProbe(runtime.settings), Reader(runtime.database)
    )
    own_site.install(app, runtime.settings)
    app.register_blueprint(webhooks.blueprint(runtime, receiver))
    for noun in NOUNS:
        app.register_blueprint(noun, url_prefix=API)
    for pages in (health, metrics.blueprint(runtime.database)):
        app.register_blueprint(pages)
    dashboard.install(app, runtime)
    problems.install(app)
    headers.install(app, runtime.settings)
    return app


def create_served_app() -> APIFlask:
    """Create the app of a web process that is reachable from a network."""
    app = create_app()
    slow_client_guard.watch(Settings.load().port)
    parent_watch.start()
    return app


def _own_runtime() -> Runtime:
    runtimes.tune_memory()
    return runtimes.build(
        Settings.load(),
        application="parley-web",
        statement_seconds=STATEMENT_SECONDS,
        # Webhooks are stored even if the bot can't be loaded; every page shows the error.
        needs_bot=False,
    )


def _api_app() -> APIFlask:
    app = _App(
        "web",
        template_folder="dashboard",
        title="Parley",
        version=version("parley"),
        spec_path="/openapi.json",
        docs_path=None,
        openapi_blueprint_url_prefix=API,
    )
    app.config.update(
        MAX_CONTENT_LENGTH=webhooks.LARGEST_BODY,
        HTTP_ERROR_SCHEMA=shapes.Problem,
        VALIDATION_ERROR_SCHEMA=shapes.Problem,
        DESCRIPTION="Contacts, conversations, messages and states of a Parley installation.",
    )
    return app
