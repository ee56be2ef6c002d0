"""How a page asks the database: through the reader of its process, as web/reader.py tells."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar, cast

from flask import g
from sqlalchemy import Connection

from web.services import here

P = ParamSpec("P")
T = TypeVar("T")


def ask(question: Callable[Concatenate[Connection, P], T], *args: P.args, **_: P.kwargs) -> T:
    """The answer to `question(connection, *args)`; the arguments must be hashable."""
    answer = here().reader.ask(question, args, is_live=g.get("is_live", False))
    return cast("T", answer)
