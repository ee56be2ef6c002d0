"""The link of an invitation."""

from flask import request, url_for

from web.services import here


def invitation_link(token: str) -> str:
    """The address that an invited person opens."""
    base = here().runtime.settings.public_url or request.host_url.rstrip("/")
    return base + url_for("welcome.form", token=token)
