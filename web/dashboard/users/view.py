"""Users, for admins: invite, change roles, disable, create password links, sign out."""

import uuid
from functools import partial

from flask import Response, flash, redirect, url_for
from werkzeug import Response as BaseResponse

from pipeline import accounts
from pipeline.records.accounts import tokens, users
from web.actions import table
from web.dashboard.forms import submit, text_of
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.links import invitation_link

page = Page("users", "Users")


@page.get("/users")
@needs("admin")
def index() -> Response:
    """Every user."""
    return _page()


@page.post("/users")
@needs(table.INVITE.role)
def invite() -> BaseResponse:
    """Create an invitation link and show it, once."""
    email = text_of("email")

    def show_link(token: str) -> str:
        hours = accounts.INVITED_FOR.total_seconds() / 3600
        flash(
            f"Send this link to {email.strip()}. It works once and expires in {hours:.0f} hours: "
            f"{invitation_link(token)}"
        )
        return url_for("users.index")

    again = partial(_page, status=422, email=email[:320])
    return submit(table.INVITE, show_link, again, email, text_of("role"), actor=person().email)


@page.post("/users/<uuid:user_id>")
@needs(table.CHANGE_USER.role)
def change(user_id: uuid.UUID) -> BaseResponse:
    """Set the role, or disable or enable the user."""
    return submit(
        table.CHANGE_USER,
        url_for("users.index"),
        lambda: redirect(url_for("users.index"), 303),
        user_id,
        actor=person().email,
        role=text_of("role"),
        is_disabled={"1": True, "0": False}.get(text_of("disabled")),
    )


@page.post("/users/<uuid:user_id>/sign-out")
@needs(table.SIGN_OUT_USER.role)
def sign_out(user_id: uuid.UUID) -> BaseResponse:
    """Sign a user out of every browser."""
    return submit(table.SIGN_OUT_USER, url_for("users.index"), _page, user_id, actor=person().email)


def _page(*, status: int = 200, email: str = "") -> Response:
    return show(
        "users/page.html",
        status=status,
        users=ask(users.listing),
        roles=tokens.ROLES,
        email=email,
    )
