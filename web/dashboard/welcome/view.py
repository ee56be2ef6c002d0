"""Accepting an invitation: the invited person chooses a password and is signed in."""

from flask import Response, flash, redirect, request, url_for
from werkzeug import Response as BaseResponse

from pipeline import accounts
from pipeline.errors import ChangeRefused
from web.dashboard.access import start_session
from web.dashboard.page import NOBODY, Page, needs
from web.dashboard.shell import show_bare
from web.services import here

page = Page("welcome")


@page.get("/welcome/<token>")
@needs(NOBODY)
def form(token: str) -> BaseResponse:
    """Show the form while the link is valid."""
    return _form(token, 200)


@page.post("/welcome/<token>")
@needs(NOBODY)
def enter(token: str) -> BaseResponse:
    """Create the account, or set a new password."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    if password != request.form.get("again", ""):
        flash("The passwords don't match.", "bad")
        return _form(token, 422, email)
    try:
        sign_in = accounts.accept(
            here().runtime.database, token, email, password, agent=request.user_agent.string
        )
    except ChangeRefused as error:
        flash(str(error), "bad")
        return _form(token, 422, email)
    start_session(sign_in)
    flash("Welcome to Parley. You're signed in.")
    return redirect(url_for("conversations.front"), 303)


def _form(token: str, status: int, email: str = "") -> Response:
    try:
        invitation = accounts.invitation(here().runtime.database, token)
    except ChangeRefused as error:
        return show_bare("welcome/expired.html", status=410, detail=str(error))
    return show_bare(
        "welcome/page.html",
        status=status,
        invited=invitation.email,
        role=invitation.role,
        email=email[:320],
        shortest=accounts.SHORTEST,
        longest=accounts.LONGEST,
    )
