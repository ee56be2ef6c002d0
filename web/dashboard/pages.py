"""Every page of the dashboard, and what all of them share."""

from importlib import import_module
from importlib.metadata import version
from typing import cast

from apiflask import APIFlask
from flask import get_flashed_messages, request

from pipeline.runtime import Runtime
from web.actions import table
from web.dashboard import access, formats, shell
from web.dashboard.page import Page

# One folder each, with a `page` in its view.py; those with a title are in the menu, in this order.
PAGES = (
    "conversations",
    "conversation",
    "bulk",
    "canned_replies",
    "media",
    "contacts",
    "contact",
    "states",
    "failures",
    "simulator",
    "system",
    "users",
    "audit",
    "account",
    "sign_in",
    "welcome",
)


def install(app: APIFlask, runtime: Runtime) -> None:
    """Register every page, and give the templates what all of them use."""
    access.install(app, runtime.settings)
    is_simulator = runtime.provider.name == "simulator"
    pages = [page for page in _pages() if is_simulator or not page.in_simulator_only]
    for page in pages:
        app.register_blueprint(page)
    under = {page.name: page.under for page in pages}
    app.before_request(lambda: shell.prepare() if request.blueprint in under else None)
    formats.install(app, runtime.bot)
    app.jinja_env.globals.update(
        actions_on=table.actions_on,
        menu=[page for page in pages if page.title],
        menu_of=under,
        role_of=lambda page: access.role_of(f"{page.name}.index"),
        asset_version=version("parley"),
        bot_error=runtime.bot_error,
        editing=runtime.editing,
        flashes=lambda: get_flashed_messages(with_categories=True),
        our_number=next(iter(runtime.provider.our_numbers), ""),
        provider=runtime.provider.name,
    )


def _pages() -> list[Page]:
    return [cast("Page", import_module(f"web.dashboard.{name}.view").page) for name in PAGES]
