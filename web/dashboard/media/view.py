"""Files of messages: one stored by the provider is passed on as a download that a browser does not
run; for any other, a page shows the link.
"""

import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Response
from sqlalchemy import Connection
from werkzeug.urls import iri_to_uri

from pipeline.errors import MediaUnavailable, NotFound
from pipeline.providers.base import File
from pipeline.records.core import messages
from pipeline.records.core.messages import MessageRow
from web.dashboard.page import Page, needs
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.services import here

page = Page("media", under="conversations")

# Content types that are safe to name for a contact's file, with file endings; others are sent as
# bytes, because SVG and HTML run scripts.
_HARMLESS: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/3gpp": ".3gp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
}
_OTHER_ENDINGS: Mapping[str, str] = {"text/vcard": ".vcf", "text/x-vcard": ".vcf"}
_BYTES = "application/octet-stream"


@page.get("/media/<uuid:message_id>/<int:number>")
@needs("viewer")
def index(message_id: uuid.UUID, number: int) -> Response:
    """Send the file with this number, from 1, of a message."""
    message = ask(_message, message_id)
    if not 1 <= number <= len(message.media):
        raise NotFound("This message has no such file.")
    url = str(message.media[number - 1].get("url", ""))
    try:
        kept = _kept(message, url)
    except MediaUnavailable as error:
        return _page(message, url, status=502, reason=str(error))
    if kept is None:
        return _page(message, url)
    return _passed_on(kept, f"{message_id}-{number}")


def _message(connection: Connection, message_id: uuid.UUID) -> MessageRow:
    if message := messages.by_public_id(connection, message_id):
        return message
    raise NotFound("Message not found.")


def _kept(message: MessageRow, url: str) -> File | None:
    """The file, if it came in through our provider, which alone knows what it may call."""
    provider = here().runtime.provider
    if message.direction != "inbound" or message.provider != provider.name:
        return None
    return provider.media(url)


def _passed_on(kept: File, name: str) -> Response:
    declared = kept.content_type.partition(";")[0].strip().lower()
    kind = declared if declared in _HARMLESS else _BYTES
    ending = _HARMLESS.get(declared) or _OTHER_ENDINGS.get(declared, ".bin")
    response = Response(kept.chunks, content_type=kind, direct_passthrough=True)
    response.call_on_close(kept.close)
    if kept.length is not None:
        response.content_length = kept.length
    response.headers["Content-Disposition"] = f'attachment; filename="{name}{ending}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(message: MessageRow, url: str, *, status: int = 200, reason: str = "") -> Response:
    return show(
        "media/page.html",
        status=status,
        # A live page would ask the provider twice a second.
        is_live=False,
        # In ASCII, so that no character can imitate another or reverse the text.
        url=iri_to_uri(url) if _is_link(url) else url,
        is_link=_is_link(url),
        reason=reason,
        conversation_id=message.conversation_id,
    )


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
