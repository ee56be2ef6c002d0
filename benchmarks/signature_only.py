"""Receivers that check the signature and keep nothing: as a Flask app, and as bare WSGI."""

import os
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, Response, request
from twilio.request_validator import RequestValidator

_PUBLIC_URL = os.environ["PUBLIC_URL"]
_ANSWER = b"<Response/>"
_validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])

app = Flask(__name__)


@app.post("/webhooks/twilio")
def receive() -> Response:
    """200 for what Twilio signed."""
    signature = request.headers.get("X-Twilio-Signature", "")
    form = request.form.to_dict()
    if not _validator.validate(_PUBLIC_URL + request.path, form, signature):
        return Response(status=403)
    return Response(_ANSWER, mimetype="text/xml")


def bare(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """The same without a framework."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    url = _PUBLIC_URL + environ["PATH_INFO"]
    signature = environ.get("HTTP_X_TWILIO_SIGNATURE", "")
    is_signed = _validator.validate(url, dict(parse_qsl(body.decode())), signature)
    headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(_ANSWER)))]
    start_response("200 OK" if is_signed else "403 Forbidden", headers)
    return [_ANSWER]
