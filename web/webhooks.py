"""The URLs that a provider calls: size, signature and shape are checked, then a row is committed.

Next: pipeline/receive. Refusals are worded by web/problems.py.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import (
    ClientDisconnected,
    LengthRequired,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)

from pipeline.errors import SignatureRejected, WebhookRejected
from pipeline.providers import registry
from pipeline.providers.base import Provider, Webhook
from pipeline.receive import Form, Receiver
from pipeline.runtime import Runtime

log = structlog.get_logger(__name__)

LARGEST_BODY = 64 * 1024
_MOST_FIELDS = 1000
_FORM = "application/x-www-form-urlencoded"
_TAKEN = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


def blueprint(runtime: Runtime, receiver: Receiver) -> Blueprint:
    """The doors of this process: Twilio's always, the simulator's when it is the provider."""
    doors = Blueprint("webhooks", __name__, url_prefix="/webhooks")
    for name in dict.fromkeys((runtime.settings.provider, "twilio")):
        is_ours = name == runtime.provider.name
        provider = runtime.provider if is_ours else registry.create(name, runtime.settings)
        door = Door(provider, receiver, public_url=runtime.settings.public_url)
        for path, view in ((f"/{name}", door.message), (f"/{name}/status", door.status)):
            endpoint = f"{name}_{view.__name__}"
            doors.add_url_rule(path, endpoint, view, methods=["POST"])
    return doors


class Door:
    """One provider's webhooks."""

    def __init__(self, provider: Provider, receiver: Receiver, *, public_url: str) -> None:
        self._provider = provider
        self._receiver = receiver
        self._public_url = public_url

    def message(self) -> Response:
        """An inbound message."""
        webhook, form = self._checked()
        self._receiver.inbound(self._provider.inbound(webhook), form)
        return Response(_TAKEN, content_type="text/xml")

    def status(self) -> Response:
        """A status callback."""
        webhook, form = self._checked()
        self._receiver.status_callback(self._provider.status_callback(webhook), form)
        return Response(_TAKEN, content_type="text/xml")

    def _checked(self) -> tuple[Webhook, Form]:
        """The request, if its size and signature are right and it is a form."""
        environ = request.environ
        form = _form(environ)
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        base = self._public_url or f"{environ['wsgi.url_scheme']}://{request.host}"
        url = f"{base}{path}?{query}" if query else f"{base}{path}"
        webhook = Webhook(url, form, _headers(environ), dict(parse_qsl(query)) if query else {})
        try:
            self._provider.verify(webhook)
        except SignatureRejected:
            log.warning("webhook refused: bad signature", provider=self._provider.name)
            raise
        # After the signature, so that a stranger learns nothing about what would be accepted.
        if not environ.get("CONTENT_TYPE", "").lower().startswith(_FORM):
            raise UnsupportedMediaType
        return webhook, form


def _form(environ: Mapping[str, Any]) -> Form:
    """The fields in the order they came, blank ones too. Raises WebhookRejected, 411 or 413."""
    # Bytes that are no UTF-8 become U+FFFD: never a reason to lose a message.
    text = _body(environ).decode("utf-8", "replace")
    try:
        return parse_qs(text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise WebhookRejected(f"The form has more than {_MOST_FIELDS} fields.") from error


def _body(environ: Mapping[str, Any]) -> bytes:
    size = request.content_length
    # Without a length (a chunked body) reading is safe only if the server ends the stream.
    if size is None and not environ.get("wsgi.input_terminated"):
        raise LengthRequired
    if size is not None and size > LARGEST_BODY:
        raise RequestEntityTooLarge
    body: bytes = environ["wsgi.input"].read(LARGEST_BODY + 1 if size is None else size)
    if len(body) > LARGEST_BODY:
        raise RequestEntityTooLarge
    if size is not None and len(body) < size:
        raise ClientDisconnected
    return body


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    return {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
