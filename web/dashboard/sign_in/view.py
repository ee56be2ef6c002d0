"""Signing in and out."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Response, flash, redirect, request, session, url_for
from werkzeug import Response as BaseResponse

from pipeline import accounts
from pipeline.errors import Overloaded, SignInRefused
from web.dashboard.access import start_session
from web.dashboard.page import NOBODY, Page, needs, person
from web.dashboard.shell import show_bare
from web.problems import RETRY_AFTER
from web.services import here

page = Page("sign_in")


@page.get("/sign-in")
@needs(NOBODY)
def form() -> Response:
    """The form."""
    return show_bare("sign_in/page.html", next=_way_back(), email="")


@page.post("/sign-in")
@needs(NOBODY)
def enter() -> BaseResponse:
    """Sign in, then go to the page that was requested."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    try:
        token = accounts.sign_in(
            here().runtime.database,
            email,
            password,
            address=_address(),
            agent=request.user_agent.string,
        )
    except (SignInRefused, Overloaded) as error:
        flash(str(error), "bad")
        status = 429 if isinstance(error, Overloaded) else 401
        answer = show_bare("sign_in/page.html", status=status, next=_way_back(), email=email[:320])
        if status == 429:
            answer.headers.update(RETRY_AFTER)
        return answer
    start_session(token)
    return redirect(_way_back(), 303)


@page.post("/sign-out")
@needs("viewer")
def sign_out() -> BaseResponse:
    """End this browser's sign-in."""
    accounts.sign_out(here().runtime.database, person())
    session.clear()
    flash("Signed out.")
    return redirect(url_for("sign_in.form"), 303)


def _way_back() -> str:
    """The requested page, if it is on this site."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    if not is_ours or parts.scheme or parts.netloc or not wanted.isprintable():
        return "/"
    return wanted


def _address() -> str:
    """The client's address; "" behind a proxy, where all clients share one."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    return str(address) if address.is_global else ""
