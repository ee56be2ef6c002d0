"""The URLs that a provider calls: size, signature and shape are checked, then a row is committed.

Next: pipeline/receive. Refusals are worded by web/problems.py.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    LengthRequired,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)

from pipeline.errors import WebhookRejected
from pipeline.providers import registry
from pipeline.providers.base import FORM, Provider, Webhook
from pipeline.queries import refused_webhooks
from pipeline.receive import Form, Receiver
from pipeline.runtime import Runtime

log = structlog.get_logger(__name__)

LARGEST_BODY = 64 * 1024
_MOST_FIELDS = 1000
# The reasons of refusals in logs and metrics, next to those of WebhookRejected.
_REASONS: Mapping[type[HTTPException], str] = {
    ClientDisconnected: "incomplete",
    LengthRequired: "no_length",
    RequestEntityTooLarge: "too_large",
    UnsupportedMediaType: "content_type",
}


def blueprint(runtime: Runtime, receiver: Receiver) -> Blueprint:
    """The routes that providers declare. Those of one without credentials refuse every request."""
    routes = Blueprint("webhooks", __name__)
    for provider in _providers(runtime):
        view = WebhookView(provider, receiver, public_url=runtime.settings.public_url)
        views = {"message": view.message, "status": view.status}
        for path, kind in provider.routes:
            endpoint = f"{provider.name}_{kind}"
            routes.add_url_rule(path, endpoint, views[kind], methods=["POST"])
    return routes


def _providers(runtime: Runtime) -> Iterator[Provider]:
    """The configured provider, and the others that do not trust every request."""
    yield runtime.provider
    for name in registry.PROVIDERS:
        if name != runtime.provider.name and registry.settings_type(name).is_production:
            yield registry.create(name, runtime.settings)


class WebhookView:
    """The Flask views of one provider's routes."""

    def __init__(self, provider: Provider, receiver: Receiver, *, public_url: str) -> None:
        self._provider = provider
        self._receiver = receiver
        self._public_url = public_url
        self._content_type = provider.content_type
        self._acknowledgement, self._acknowledged_as = provider.acknowledgement

    def message(self) -> Response:
        """Accept an inbound message."""
        return self._accept(
            lambda webhook, form: self._receiver.inbound(self._provider.inbound(webhook), form)
        )

    def status(self) -> Response:
        """Accept a status callback."""
        return self._accept(
            lambda webhook, form: self._receiver.status_callback(
                self._provider.status_callback(webhook), form
            )
        )

    def _accept(self, store: Callable[[Webhook, Form], None]) -> Response:
        """Store a webhook, or log and count why it is refused. Raises what the answer says."""
        try:
            store(*self._checked())
        except WebhookRejected as error:
            self._refused(error.reason, str(error))
            raise
        except HTTPException as error:
            self._refused(_REASONS.get(type(error), "form"))
            raise
        return Response(self._acknowledgement, content_type=self._acknowledged_as)

    def _refused(self, reason: str, detail: str = "") -> None:
        # The detail names a field and what was expected there; it has no number in it.
        name, today = self._provider.name, datetime.now(UTC).date()
        which = refused_webhooks.name_of(name, reason, today)
        log.warning("webhook refused", id=which, provider=name, reason=reason, detail=detail)
        self._receiver.refused(name, reason)

    def _checked(self) -> tuple[Webhook, Form]:
        """The request and what to keep of it, if its size, signature and content type are right."""
        environ = request.environ
        body = _body(environ)
        # Bytes that are not UTF-8 become U+FFFD: never a reason to lose a message.
        text = body.decode("utf-8", "replace")
        form = _form(text) if self._content_type == FORM else {}
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        base = self._public_url or f"{environ['wsgi.url_scheme']}://{request.host}"
        url = f"{base}{path}?{query}" if query else f"{base}{path}"
        fields = dict(parse_qsl(query)) if query else {}
        webhook = Webhook(url, form, _headers(environ), fields, body)
        self._provider.verify(webhook)
        # After the signature, so that a stranger learns nothing about what would be accepted.
        if not environ.get("CONTENT_TYPE", "").lower().startswith(self._content_type):
            raise UnsupportedMediaType
        return webhook, form or {"body": [text]}


def _form(text: str) -> Form:
    """The fields in the order they came, blank ones too. Raises WebhookRejected."""
    try:
        return parse_qs(text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        message = f"The form has more than {_MOST_FIELDS} fields."
        raise WebhookRejected(message, reason="too_many_fields") from error


def _body(environ: Mapping[str, Any]) -> bytes:
    """The whole body. Raises 411 or 413."""
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
