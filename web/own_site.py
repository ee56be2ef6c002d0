"""Keeps other sites' pages out of an installation whose provider trusts every request.

A page of any site can post to a port of this machine, which its Origin shows. A site can also let
its own name mean 127.0.0.1, which the Host shows (DNS rebinding).
"""

from urllib.parse import urlsplit

from apiflask import APIFlask
from flask import Response, request

from pipeline.providers import registry
from pipeline.settings import Settings
from web.problems import problem


def install(app: APIFlask, settings: Settings) -> None:
    """Refuse requests for other hosts, and from pages of other sites."""
    of_provider = registry.settings_type(settings.provider)
    if of_provider.is_production:
        return

    def refuse_other_sites() -> Response | None:
        host = urlsplit(f"//{request.host}").hostname or ""
        if not of_provider.is_own_host(settings, host):
            detail = "This host name is not ours. Use localhost, or set PUBLIC_URL to this address."
            return problem(403, detail)
        origin = request.headers.get("Origin", "")
        # A page without a site of its own, such as a file, has the origin "null".
        place = urlsplit(origin).netloc or origin
        if origin and place not in {request.host, urlsplit(settings.public_url).netloc}:
            return problem(403, "This request comes from a page of another site.")
        return None

    app.before_request(refuse_other_sites)
