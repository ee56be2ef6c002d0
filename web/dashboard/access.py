"""Access to pages: each view declares the role it needs; a view without a role is closed.

ASVS 5.0 chapters 3.3 (cookies), 3.5 (forgery), 7 (sessions) and 8 (authorisation).
"""

import time
from datetime import timedelta

from apiflask import APIFlask
from flask import abort, current_app, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug import Response

from pipeline import accounts
from pipeline.accounts import Person
from pipeline.settings import Settings
from web.dashboard import secret_key
from web.dashboard.page import NOBODY
from web.services import here

SIGN_IN = "sign_in"
_csrf = CSRFProtect()
# A live page asks twice a second; after a sign-out it gets nothing new once this has passed.
_REMEMBERED_SECONDS = 5.0
_CROWDED = 1000


def install(app: APIFlask, settings: Settings) -> None:
    """Configure the session cookie and CSRF protection."""
    is_https = settings.public_url.startswith("https:")
    app.config.update(
        SECRET_KEY=secret_key.of(settings),
        SESSION_COOKIE_NAME="__Host-parley" if is_https else "parley",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
        # Only pages have forms: webhooks are signed, and the API does not use cookies.
        WTF_CSRF_CHECK_DEFAULT=False,
        # A token is valid as long as its session; pages send no Referer to compare.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    _csrf.init_app(app)


def guard(*, is_live: bool) -> Response | None:
    """Before each page, check the role and the CSRF token."""
    role = role_of(request.endpoint or "")
    if role is None:
        abort(403)
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        _csrf.protect()
    if role == NOBODY:
        return None
    found = _signed_in(session.get(SIGN_IN, ""), is_live=is_live)
    if found is None:
        return _to_sign_in(is_live=is_live)
    if not found.may(role):
        abort(403)
    g.person = found
    return None


def role_of(endpoint: str) -> str | None:
    """The role that a view needs; None if it declares none."""
    return getattr(current_app.view_functions[endpoint], "needs", None)


def start_session(token: str) -> None:
    """Start a session of this browser for a sign-in."""
    # An earlier session is discarded, so that nobody can plant one.
    session.clear()
    session[SIGN_IN] = token
    session.permanent = True


def _to_sign_in(*, is_live: bool) -> Response:
    if is_live:
        abort(401)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("sign_in.form", next=wanted or None), 303)


_remembered: dict[str, tuple[Person | None, float]] = {}


def _signed_in(token: str, *, is_live: bool) -> Person | None:
    if not token:
        return None
    known = _remembered.get(token)
    if is_live and known and time.monotonic() - known[1] < _REMEMBERED_SECONDS:
        return known[0]
    # A live update is not an activity of the user.
    found = accounts.signed_in(here().runtime.database, token, is_used=not is_live)
    if len(_remembered) > _CROWDED:
        _remembered.clear()
    _remembered[token] = found, time.monotonic()
    return found
