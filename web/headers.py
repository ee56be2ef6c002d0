"""Security headers on every answer: no script or style but our own files, no framing, no sniffing.

https://owasp.org/www-project-secure-headers/
"""

from collections.abc import Mapping

from flask import Flask, Response, request

from pipeline.settings import Settings

_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Our forms name their origin (web/own_site.py); other sites learn no address.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer of this app."""
    always = dict(_HEADERS)
    if settings.public_url.startswith("https:"):
        always["Strict-Transport-Security"] = "max-age=31536000"

    @app.after_request
    def secure(response: Response) -> Response:
        stricter = response.headers.get("Content-Security-Policy")
        response.headers.update(always)
        if stricter:
            # A stranger's file brings a policy of its own.
            response.headers["Content-Security-Policy"] = stricter
        if request.path.startswith("/api/"):
            response.headers["Cache-Control"] = "no-store"
        return response
