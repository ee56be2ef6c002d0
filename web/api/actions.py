"""The routes of actions on one conversation, turn or message, made from the table of actions."""

from typing import Any

from apiflask import Schema

from web.actions.action import Action, Route, Subject
from web.actions.table import actions_on
from web.api import shapes
from web.api.conversations import current
from web.api.noun import Noun
from web.auth import actor


def add_routes(noun: Noun, subject: Subject, path: str) -> None:
    """Add a route for every action on a subject: `path` and the route's own part."""
    for action in actions_on(subject):
        if action.route:
            view = _documented(noun, action, action.route, subject)
            noun.post(f"{path}/{action.route.path}", endpoint=action.name)(view)


def _documented(noun: Noun, action: Action[..., Any], route: Route, subject: Subject) -> Any:
    """The view with its role, its shapes and its text; a conversation is its own answer."""
    is_answered = subject == "conversation"

    def view(**given: Any) -> object:
        values = {name: given.pop(name) for name in action.fields if name in given}
        action(*given.values(), actor=actor(), **values)
        return current(*given.values()) if is_answered else ("", 204)

    view.__doc__ = f"{route.summary}\n\n{route.about}"
    view = noun.doc(responses={409: route.conflict})(view)
    view = (noun.output(shapes.Conversation) if is_answered else noun.output({}, 204))(view)
    if action.fields:
        name = action.name.title().replace("_", "")
        view = noun.takes(type(name, (Schema,), dict(action.fields)))(view)
    return noun.needs(action.role)(view)
