"""A part of the API: its routes, who may call them, and what they are given and answer with."""

from collections.abc import Callable
from functools import wraps
from inspect import unwrap
from typing import Any, TypeVar, cast

from apiflask import APIBlueprint, HTTPError, Schema
from flask import request

from pipeline.suggestions import did_you_mean
from web.auth import at_least, bearer

View = TypeVar("View", bound=Callable[..., Any])


class Noun(APIBlueprint):
    """A blueprint whose views name the role they need and the shapes of what they receive."""

    def __init__(self, name: str, tag: str) -> None:
        super().__init__(f"{name}_api", __name__, tag=tag)

    def needs(self, role: str) -> Callable[[View], View]:
        """Open a view to tokens with this role or one above it, with the parameters it takes."""
        decorate: Callable[[View], View] = self.auth_required(bearer, roles=at_least(role))
        return lambda view: decorate(_with_known_parameters(view))

    def takes(self, shape: type[Schema], location: str = "json") -> Callable[[View], View]:
        """Check what the caller sends, and pass its members to the view as keyword arguments."""

        name = f"{location}_members"

        def decorate(view: View) -> View:
            @wraps(view)
            def with_members(**given: Any) -> Any:
                members = given.pop(name)
                return view(**given, **members)

            checked = self.input(shape, location=location, arg_name=name)(with_members)
            if location == "query":
                _PARAMETERS[checked] = _names(shape)
            return cast("View", checked)

        return decorate


# The query parameters of the views that have some.
_PARAMETERS: dict[object, frozenset[str]] = {}


def _names(shape: type[Schema]) -> frozenset[str]:
    return frozenset(field.data_key or name for name, field in shape().fields.items())


def _with_known_parameters(view: View) -> View:
    """The view, which refuses query parameters that it does not take, as it does with members.

    One that is misspelt would otherwise be ignored: a filter that narrows nothing.
    """
    known = _PARAMETERS.get(unwrap(view, stop=_PARAMETERS.__contains__), frozenset())

    @wraps(view)
    def checked(**given: Any) -> Any:
        if unknown := sorted(request.args.keys() - known):
            raise HTTPError(422, detail={"query": {name: [_why(name, known)] for name in unknown}})
        return view(**given)

    return cast("View", checked)


def _why(name: str, known: frozenset[str]) -> str:
    takes = f"the parameters are {', '.join(sorted(known))}" if known else "there are none here"
    return f"Unknown parameter; {takes}{did_you_mean(name, known)}"
