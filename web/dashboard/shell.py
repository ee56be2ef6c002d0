"""Renders every page: the menu with its counts, flashed messages, and live updates.

live.js requests the current page repeatedly and names the version it has. The answer is 204 while
nothing has changed, else the whole page, which it morphs into the document.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from flask import Response, g, make_response, render_template, request
from sqlalchemy import Connection
from werkzeug import Response as BaseResponse

from pipeline.queries.menu import Menu, menu
from pipeline.records import schema
from web.dashboard.access import guard
from web.dashboard.page import person
from web.dashboard.reader import ask
from web.services import here

LIVE = "Parley-Live"


def prepare() -> BaseResponse | None:
    """Before each page, check the schema and the sign-in. Raises SchemaError, or redirects."""
    g.is_live = LIVE in request.headers
    here().reader.ask(schema.check, (), is_live=True)
    return guard(is_live=g.is_live)


def show(
    template: str, /, *, status: int = 200, is_live: bool = True, **context: object
) -> Response:
    """Answer with a page made of plain values, or 204 if live.js has this version already.

    The answer to a form is not live: its address has no page to request.
    """
    counts = ask(_counts)
    is_live = is_live and request.method != "POST"
    version = _version(template, person(), counts, context) if is_live else ""
    if g.is_live and request.headers[LIVE] == version:
        return Response(status=204)
    frame = {"counts": counts, "version": version, "person": person()}
    return _page(template, status, context | frame)


def show_bare(template: str, /, *, status: int = 200, **context: object) -> Response:
    """Answer with a page for somebody who is not signed in; it is not live."""
    return _page(template, status, context)


def _page(template: str, status: int, context: Mapping[str, object]) -> Response:
    response = make_response(render_template(template, **context), status)
    # The "back" button must not show outdated data, or data of another user.
    response.headers["Cache-Control"] = "no-store"
    if request.method == "POST":
        # The address of a form can't be revisited: the page with the form stays in the bar.
        response.headers["HX-Push-Url"] = "false"
    return response


def _counts(connection: Connection) -> Menu:
    return menu(connection, here().runtime.database.now(connection))


def _version(*parts: object) -> str:
    shown = repr(_values(parts)).encode("utf-8", "replace")
    return hashlib.blake2b(shown, digest_size=12).hexdigest()


def _values(part: object) -> object:
    """The values themselves: rows print neither bodies nor numbers, so that no log holds them."""
    if isinstance(part, tuple | list):
        return [_values(value) for value in part]
    if isinstance(part, Mapping):
        return [(key, _values(value)) for key, value in part.items()]
    if is_dataclass(part):
        return [(one.name, _values(getattr(part, one.name))) for one in fields(part)]
    return part
