"""Forms of the dashboard: each runs an action of the table, then goes back to its page.

A refusal renders the page again with the reason and with what was typed.
"""

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from apiflask import Schema
from flask import flash, redirect, request
from marshmallow import ValidationError
from marshmallow.fields import Boolean, Field, Integer
from werkzeug import Response

from pipeline.errors import ChangeRefused, NotFound, NumberRefused, UnknownState
from web.actions.action import Action, Subject
from web.actions.table import actions_on
from web.dashboard.page import Page, needs, person

P = ParamSpec("P")
T = TypeVar("T")


def submit(
    action: Action[P, T],
    back: str | Callable[[T], str],
    again: Callable[[], Response],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response:
    """Run an action and go `back` with its message, or flash the refusal and show `again`.

    Raises NotFound, and what the form may ask to confirm: UnknownState and NumberRefused.
    """
    try:
        result = action(*args, **kwargs)
    except (NotFound, NumberRefused, UnknownState):
        raise
    except ChangeRefused as error:
        flash(str(error), "bad")
        return again()
    if text := action.message(result, kwargs):
        flash(text)
    return redirect(back if isinstance(back, str) else back(result), 303)


def add_forms(
    page: Page,
    subject: Subject,
    path: str,
    back: Callable[..., str],
    again: Callable[..., Response],
) -> None:
    """Give a page the form of every action on a subject, each at `path` and the action's name.

    `path` names the subject last. `back` and `again` are called with all that it names.
    """
    for action in actions_on(subject):
        view = needs(action.role)(_view(action, back, again))
        rule = f"{path}/{action.name.replace('_', '-')}"
        page.add_url_rule(rule, action.name, view, methods=["POST"])


def _view(
    action: Action[..., Any], back: Callable[..., str], again: Callable[..., Response]
) -> Callable[..., Response]:
    def view(**subject: Any) -> Response:
        last = next(reversed(subject))
        try:
            values = _values(action.fields)
        except ValidationError as error:
            flash(_complaints(error), "bad")
            return again(**subject)
        return submit(
            action,
            back(**subject),
            lambda: again(**subject),
            subject[last],
            actor=person().email,
            **values,
        )

    return view


def _values(fields: Mapping[str, Field[Any]]) -> Mapping[str, Any]:
    """What the form holds of these fields, checked as the API checks a body."""
    typed = {name: _typed(field, text_of(name)) for name, field in fields.items()}
    given = {name: value for name, value in typed.items() if value != ""}
    values: Mapping[str, Any] = Schema.from_dict(dict(fields))().load(given)
    return values


def _complaints(error: ValidationError) -> str:
    return " ".join(f"{name}: {' '.join(texts)}" for name, texts in error.messages_dict.items())


def text_of(name: str, longest: int | None = None) -> str:
    """A field of the form; lines end as everywhere but in forms."""
    return request.form.get(name, "").replace("\r\n", "\n")[:longest]


def _typed(field: Field[Any], text: str) -> object:
    """A form has text only: numbers and check boxes as JSON would have them."""
    if isinstance(field, Integer) and text.isdecimal():
        return int(text)
    if isinstance(field, Boolean):
        return text == "1"
    return text
