"""Error answers: problem+json under /api (RFC 9457), a page for browsers, plain text for providers.

They hold no traceback, no SQL and no value of a row.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from apiflask import APIFlask, HTTPError
from flask import Response, json, render_template, request
from sqlalchemy.exc import (
    InterfaceError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pipeline.errors import (
    ChangeRefused,
    DatabaseUnavailable,
    NotFound,
    NumberRefused,
    Overloaded,
    ParleyError,
    SchemaError,
    SignatureRejected,
    UnknownState,
    WebhookRejected,
)
from pipeline.records import schema
from pipeline.unreachable import why_unreachable
from web.api import document
from web.services import here

log = structlog.get_logger(__name__)

RETRY_AFTER = {"Retry-After": "2"}
STATUS: Mapping[type[ParleyError], int] = {
    NotFound: 404,
    UnknownState: 422,
    NumberRefused: 422,
    ChangeRefused: 409,
    SignatureRejected: 403,
    WebhookRejected: 400,
    Overloaded: 429,
    DatabaseUnavailable: 503,
    SchemaError: 503,
}
# A database that is down, slow or without tables; other database errors are bugs.
_UNREACHABLE: tuple[type[SQLAlchemyError], ...] = (
    InterfaceError,
    OperationalError,
    PoolTimeoutError,
    ProgrammingError,
)


def install(app: APIFlask) -> None:
    """Register a handler for every error."""
    app.error_processor(_of_http)
    app.spec_processor(document.describe)
    for error in STATUS:
        app.register_error_handler(error, _of_parley)
    for unreachable in _UNREACHABLE:
        app.register_error_handler(unreachable, _of_database)


def problem(status: int, detail: str = "", **more: Any) -> Response:
    """Make an error answer; `more` are additional members of the problem."""
    title = HTTPStatus(status).phrase
    if not request.path.startswith("/api/"):
        if _is_for_a_browser():
            return _page(status, detail)
        return Response(f"{detail or title}\n", status, content_type="text/plain; charset=utf-8")
    members = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    body = json.dumps({name: value for name, value in members.items() if value != ""})
    return Response(body, status, content_type=document.MEDIA_TYPE)


def _is_for_a_browser() -> bool:
    """Whether a browser asked: only browsers accept HTML by name or use htmx."""
    return "text/html" in request.headers.get("Accept", "") or "HX-Request" in request.headers


def _page(status: int, detail: str) -> Response:
    command = _COMMAND.search(detail)
    page = render_template(
        "layout/problem.html",
        status=status,
        title=_TITLES.get(status, HTTPStatus(status).phrase),
        detail=detail or _DETAILS.get(status, ""),
        command=command[1] if command else "",
    )
    return Response(page, status, headers={"Cache-Control": "no-store"})


_COMMAND = re.compile("`(parley [^`]+)`")
_TITLES: Mapping[int, str] = {
    403: "Not allowed",
    404: "Page not found",
    409: "Can't do that",
    429: "Busy",
    500: "Something went wrong",
    503: "Temporarily unavailable",
}


def database_problem() -> str:
    """The problem with the database and its fix, in one line; "" if there is none."""
    database = here().runtime.database
    try:
        with database.read() as connection:
            schema.check(connection)
    except SchemaError as error:
        return str(error)
    except SQLAlchemyError as error:
        return f"The database is unreachable: {why_unreachable(error)}."
    return ""


def page_of_log() -> str:
    """The requested rule, for logs: the address itself may contain a secret."""
    return str(request.url_rule or "unknown page")


def _of_http(error: HTTPError) -> Response:
    more = {"errors": error.detail} if error.detail else {}
    details = _DETAILS_OF_API if request.path.startswith("/api/") else _DETAILS
    response = problem(error.status_code, details.get(error.status_code, ""), **more)
    for name, value in dict(error.headers).items():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


_DETAILS: Mapping[int, str] = {
    400: "This form has expired. Reload the page and send it again.",
    403: "Your role doesn't allow this. Ask an admin to change it.",
    404: "There is no page at this address.",
    405: "This address doesn't support that method.",
    413: "The request is larger than 64 KiB.",
    500: "Something went wrong. Details are in the log of the web process.",
}
_DETAILS_OF_API: Mapping[int, str] = {
    **_DETAILS,
    400: "The body is not valid JSON.",
    401: "Send a token as `Authorization: Bearer TOKEN`. Create one with `parley token add`.",
    403: "This token's role doesn't allow this.",
    422: "The request is invalid; see `errors`.",
}


def _of_parley(error: ParleyError) -> Response:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    more: dict[str, object] = {}
    if isinstance(error, UnknownState):
        more["states"] = list(here().runtime.bot.states)
    response = problem(status, str(error), **more)
    if status in {429, 503}:
        response.headers.update(RETRY_AFTER)
    return response


def _of_database(error: SQLAlchemyError) -> Response:
    log.warning("database unreachable", error=type(error).__name__, page=page_of_log())
    detail = database_problem() or "The database did not answer in time. Try again."
    response = problem(503, detail)
    response.headers.update(RETRY_AFTER)
    return response
