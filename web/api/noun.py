"""A part of the API: its routes, who may call them, and what they are given and answer with."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from apiflask import APIBlueprint, Schema

from web.auth import at_least, bearer

View = TypeVar("View", bound=Callable[..., Any])


class Noun(APIBlueprint):
    """A blueprint whose views name the role they need and the shapes of what they receive."""

    def __init__(self, name: str, tag: str) -> None:
        super().__init__(f"{name}_api", __name__, tag=tag)

    def needs(self, role: str) -> Callable[[View], View]:
        """Open a view to tokens with this role or one above it."""
        decorate: Callable[[View], View] = self.auth_required(bearer, roles=at_least(role))
        return decorate

    def takes(self, shape: type[Schema], location: str = "json") -> Callable[[View], View]:
        """Check what the caller sends, and pass its members to the view as keyword arguments."""

        name = f"{location}_members"

        def decorate(view: View) -> View:
            @wraps(view)
            def with_members(**given: Any) -> Any:
                members = given.pop(name)
                return view(**given, **members)

            checked = self.input(shape, location=location, arg_name=name)(with_members)
            return cast("View", checked)

        return decorate
