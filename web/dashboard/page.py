"""A page of the dashboard: a blueprint with its line in the menu."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Blueprint, g

from pipeline.accounts import Person

View = TypeVar("View", bound=Callable[..., Any])

NOBODY = "nobody"


class Page(Blueprint):
    """The blueprint of one folder in web/dashboard.

    `title` is its line in the menu, which leads to the view `index`; "" keeps it out of the menu.
    `under` is the page whose line is marked while this one is open.
    """

    def __init__(
        self, name: str, title: str = "", *, under: str = "", in_simulator_only: bool = False
    ) -> None:
        super().__init__(name, f"web.dashboard.{name}")
        self.title = title
        self.under = under or name
        self.in_simulator_only = in_simulator_only


def needs(role: str) -> Callable[[View], View]:
    """Mark a view as open to this role and those above it; NOBODY opens it to everybody."""

    def mark(view: View) -> View:
        view.__dict__["needs"] = role
        return view

    return mark


def person() -> Person:
    """The signed-in user of this request; only in views that need a role."""
    return cast("Person", g.person)
