"""Users, for admins: invite, change a role, disable, make a new link, sign out everywhere."""

import uuid
from typing import Any

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import Connection, Row
from werkzeug import Response as BaseResponse

from pipeline import accounts
from pipeline.errors import ChangeRefused
from pipeline.records.accounts import tokens, users
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("users", "Users")


@page.get("/users")
@needs("admin")
def index() -> Response:
    """Every user."""
    return _page()


@page.post("/users")
@needs("admin")
def invite() -> BaseResponse:
    """Make a link and show it, once."""
    email, role = request.form.get("email", ""), request.form.get("role", "")
    try:
        token = accounts.invite(here().runtime.database, email, role, actor=person().email)
    except ChangeRefused as error:
        flash(str(error), "bad")
        return _page(status=422, email=email[:320])
    hours = accounts.INVITED_FOR.total_seconds() / 3600
    flash(f"Send this link to {email.strip()}; it works once, for {hours:.0f} h: {_link(token)}")
    return redirect(url_for("users.index"), 303)


@page.post("/users/<uuid:user_id>")
@needs("admin")
def change(user_id: uuid.UUID) -> BaseResponse:
    """Set the role, or take or give the access."""
    form = request.form
    disabled = {"1": True, "0": False}.get(form.get("disabled", ""))
    try:
        accounts.change_user(
            here().runtime.database,
            user_id,
            actor=person().email,
            role=form.get("role", ""),
            is_disabled=disabled,
        )
    except ChangeRefused as error:
        flash(str(error), "bad")
    return redirect(url_for("users.index"), 303)


@page.post("/users/<uuid:user_id>/sign-out")
@needs("admin")
def sign_out(user_id: uuid.UUID) -> BaseResponse:
    """End every sign-in of a user."""
    ended = accounts.sign_out_everywhere(here().runtime.database, user_id, actor=person().email)
    flash(f"{ended} browser{'' if ended == 1 else 's'} signed out.")
    return redirect(url_for("users.index"), 303)


def _page(*, status: int = 200, email: str = "") -> Response:
    return show(
        "users/page.html",
        status=status,
        users=ask(_users),
        roles=tokens.ROLES,
        email=email,
    )


def _users(connection: Connection) -> tuple[Row[Any], ...]:
    return tuple(users.listing(connection))


def _link(token: str) -> str:
    base = here().runtime.settings.public_url or request.host_url.rstrip("/")
    return base + url_for("welcome.form", token=token)
