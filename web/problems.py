"""What a caller is told when something goes wrong: problem+json under /api, a page to a browser,
plain text to a provider.

RFC 9457. No traceback, no statement and no value of a row ever leaves this process.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from apiflask import APIFlask, HTTPError
from flask import Response, json, render_template, request
from sqlalchemy.exc import (
    DBAPIError,
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
    ParleyError,
    SchemaError,
    SignatureRejected,
    UnknownState,
    WebhookRejected,
)
from pipeline.records import schema
from web.api import document
from web.services import here

log = structlog.get_logger(__name__)

RETRY_AFTER = {"Retry-After": "2"}
STATUS: Mapping[type[ParleyError], int] = {
    NotFound: 404,
    UnknownState: 422,
    ChangeRefused: 409,
    SignatureRejected: 403,
    WebhookRejected: 400,
    DatabaseUnavailable: 503,
    SchemaError: 503,
}
# A database that is down, slow or without tables; other errors of a database are bugs of ours.
_OUT_OF_REACH: tuple[type[SQLAlchemyError], ...] = (
    InterfaceError,
    OperationalError,
    PoolTimeoutError,
    ProgrammingError,
)


def install(app: APIFlask) -> None:
    """Answer every error in one form."""
    app.error_processor(_of_http)
    app.spec_processor(document.describe)
    for error in STATUS:
        app.register_error_handler(error, _of_parley)
    for unreachable in _OUT_OF_REACH:
        app.register_error_handler(unreachable, _of_database)


def problem(status: int, detail: str = "", **more: Any) -> Response:
    """An error answer; `more` are further members of the problem."""
    title = HTTPStatus(status).phrase
    if not request.path.startswith("/api/"):
        if _is_for_a_browser():
            return _page(status, detail)
        return Response(f"{detail or title}\n", status, content_type="text/plain; charset=utf-8")
    members = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    body = json.dumps({name: value for name, value in members.items() if value != ""})
    return Response(body, status, content_type=document.MEDIA_TYPE)


def _is_for_a_browser() -> bool:
    """Whether a person reads the answer: nobody else asks for HTML by name, or through htmx."""
    return "text/html" in request.headers.get("Accept", "") or "HX-Request" in request.headers


def _page(status: int, detail: str) -> Response:
    command = _COMMAND.search(detail)
    page = render_template(
        "layout/problem.html",
        status=status,
        title=_TITLES.get(status, HTTPStatus(status).phrase),
        detail=detail or _SAID.get(status, ""),
        command=command[1] if command else "",
    )
    return Response(page, status, headers={"Cache-Control": "no-store"})


_COMMAND = re.compile("`(parley [^`]+)`")
_TITLES: Mapping[int, str] = {
    403: "Not allowed",
    404: "Nothing here",
    409: "That cannot be done",
    500: "Something went wrong",
    503: "Not ready",
}


def database_problem() -> str:
    """What is wrong with the database and how to mend it, in one line; "" when nothing is."""
    database = here().runtime.database
    try:
        with database.read() as connection:
            schema.check(connection)
    except SchemaError as error:
        return str(error)
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        return f"The database does not answer ({type(cause).__name__}); check DATABASE_URL."
    return ""


def page_of_log() -> str:
    """What was asked for, as the log names it: the rule, for an address may hold a secret."""
    return str(request.url_rule or "no page of ours")


def _of_http(error: HTTPError) -> Response:
    more = {"errors": error.detail} if error.detail else {}
    said = _SAID_OF_API if request.path.startswith("/api/") else _SAID
    response = problem(error.status_code, said.get(error.status_code, ""), **more)
    for name, value in dict(error.headers).items():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


_SAID: Mapping[int, str] = {
    400: "This form is too old, or came from elsewhere; load the page again and send it once more.",
    403: "Your role does not allow that; an admin can change it.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The request is larger than 64 KiB.",
    500: "Something went wrong here; the log of the web process has it.",
}
_SAID_OF_API: Mapping[int, str] = {
    **_SAID,
    400: "The body is not JSON.",
    401: "Send a token as `Authorization: Bearer TOKEN`; `parley token add` makes one.",
    403: "This token's role may not do that.",
    422: "The request does not fit; `errors` says where.",
}


def _of_parley(error: ParleyError) -> Response:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    more: dict[str, Any] = {}
    if isinstance(error, UnknownState):
        more["states"] = list(here().runtime.bot.states)
    response = problem(status, str(error), **more)
    if status == 503:
        response.headers.update(RETRY_AFTER)
    return response


def _of_database(error: SQLAlchemyError) -> Response:
    log.warning("database out of reach", error=type(error).__name__, page=page_of_log())
    detail = database_problem() or "The database did not answer in time; try again."
    response = problem(503, detail)
    response.headers.update(RETRY_AFTER)
    return response
