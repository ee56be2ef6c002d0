"""Your account: change the password, and see and end sign-ins."""

from typing import Any

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug import Response as BaseResponse

from pipeline import accounts
from pipeline.errors import ChangeRefused
from pipeline.records.accounts import sign_ins
from pipeline.records.accounts.sign_ins import SignInRow
from web.dashboard.page import Page, needs, person
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("account")


@page.get("/account")
@needs("viewer")
def index() -> Response:
    """The page."""
    return _page(200)


@page.post("/account/password")
@needs("viewer")
def change_password() -> BaseResponse:
    """Set a new password; other browsers are signed out."""
    form, me = request.form, person()
    if form.get("password", "") != form.get("again", ""):
        flash("The passwords don't match.", "bad")
        return _page(422)
    try:
        accounts.change_password(
            here().runtime.database,
            me.id,
            form.get("current", ""),
            form.get("password", ""),
            keep=me.token_hash,
        )
    except ChangeRefused as error:
        flash(str(error), "bad")
        return _page(422)
    flash("Password changed. All other browsers are signed out.")
    return redirect(url_for("account.index"), 303)


@page.post("/account/sign-out-everywhere")
@needs("viewer")
def sign_out_everywhere() -> BaseResponse:
    """End every sign-in but this one."""
    me = person()
    accounts.sign_out_everywhere(here().runtime.database, me.id, actor=me.email, keep=me.token_hash)
    flash("All other browsers are signed out.")
    return redirect(url_for("account.index"), 303)


def _page(status: int) -> Response:
    return show(
        "account/page.html",
        status=status,
        browsers=ask(_browsers, person().id),
        shortest=accounts.SHORTEST,
        longest=accounts.LONGEST,
    )


def _browsers(connection: Connection, user_id: Any) -> tuple[SignInRow, ...]:
    now = here().runtime.database.now(connection)
    return tuple(sign_ins.of_user(connection, user_id, now))
