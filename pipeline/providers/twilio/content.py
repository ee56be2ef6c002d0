"""Twilio's Content API: buttons, lists and links must exist there before a message can use them.

Each definition is created once, by the first process that needs it: its name is a hash, and what
changes from message to message is a variable. https://www.twilio.com/docs/content
"""

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog
from twilio.http.response import Response

from pipeline.errors import MessageRefused, NotSent, OutcomeUnknown, SenderBlocked, SendError
from pipeline.messages import Outbound
from pipeline.providers.twilio.rest import PooledClient

API = "https://content.twilio.com"
# Short, because the message that waits for it is leased.
READ_SECONDS = 5.0
PREFIX = "parley-"
# Twilio's largest page: https://www.twilio.com/docs/content/faqs-and-troubleshooting
_LIST = "/v1/Content?PageSize=1000"
_LONGEST_ROW_TITLE = 24
# A message sent later than this after its claim may outlive its lease.
_PREPARE_WITHIN_SECONDS = 1.0
# What Twilio refused may have been fixed in the console since.
_REFUSED_FOR_SECONDS = 600.0
# After so many errors in a row the buttons of a message go out as plain text.
_MOST_TROUBLES = 3
_GONE = "21655"
# What a create call says where it cannot use the content that it names.
# https://www.twilio.com/docs/api/errors/21655 (sid), 21656 (variables), 21658 (too long)
UNUSABLE = frozenset({"21655", "21656", "21658"})

log = structlog.get_logger(__name__)


class _SlowList(NotSent):
    """The list of contents is long; the next try reads on."""


class Contents:
    """The contents of one account. Thread-safe."""

    def __init__(self, client: PooledClient, auth: tuple[str, str]) -> None:
        self._client = client
        self._auth = auth
        self._sids: dict[str, str] = {}
        self._refused_at: dict[str, float] = {}
        self._troubles: dict[str, int] = {}
        self._is_listed = False
        self._next_page = _LIST
        self._making = threading.Lock()

    def fields(self, outbound: Outbound) -> dict[str, Any] | None:
        """The fields of a create call instead of a body; None if plain text must be sent.

        Raises NotSent if it is not known yet; creating content is safe to repeat.
        """
        types, variables = definition(outbound)
        name = name_of(types)
        if "{{" in json.dumps(types).replace("{{1}}", "").replace("{{2}}", ""):
            return None  # a title that Twilio would take for a variable
        sid = "" if self._is_refused(name) else self._sids.get(name)
        sid = self._made(name, types, variables) if sid is None else sid
        if not sid:
            return None
        words = json.dumps(variables, ensure_ascii=False)
        return {"content_sid": sid, "content_variables": words}

    def refuse(self, outbound: Outbound, error: SendError) -> None:
        """Record that Twilio refused this content, so that plain text goes out for a while."""
        name = name_of(definition(outbound)[0])
        if error.code == _GONE:
            self._sids.pop(name, None)
        self._refuse(name, error)

    def _made(self, name: str, types: Mapping[str, Any], variables: Mapping[str, str]) -> str:
        """The sid of a content that is found or created now; "" where Twilio refuses it."""
        started = time.monotonic()
        if not self._making.acquire(timeout=_PREPARE_WITHIN_SECONDS):
            raise NotSent("Twilio is slow to create the buttons of a message", blames_sender=False)
        try:
            sid = (
                self._sids.get(name)
                or self._found(name, started)
                or self._created(name, types, variables)
            )
        except (MessageRefused, SenderBlocked) as error:
            # If the account is at fault, sending the message reports it.
            self._refuse(name, error)
            return ""
        except (OutcomeUnknown, NotSent) as error:
            self._fail(name, error)
            return ""
        finally:
            self._making.release()
        if time.monotonic() - started > _PREPARE_WITHIN_SECONDS:
            raise NotSent("Its buttons had to be created at Twilio first", blames_sender=False)
        return sid

    def _fail(self, name: str, error: SendError) -> None:
        """Raise NotSent without blaming the sender; after a few errors return, for plain text."""
        if isinstance(error, OutcomeUnknown):  # it may have been created: look for it
            self._is_listed = False
        if isinstance(error, _SlowList):
            raise error
        self._troubles[name] = self._troubles.get(name, 0) + 1
        if self._troubles[name] < _MOST_TROUBLES:
            wait = getattr(error, "retry_after", 0.0)
            raise NotSent(
                error.reason, code=error.code, retry_after=wait, blames_sender=False
            ) from error
        self._refuse(name, error)

    def _is_refused(self, name: str) -> bool:
        at = self._refused_at.get(name)
        return at is not None and time.monotonic() - at < _REFUSED_FOR_SECONDS

    def _found(self, name: str, started: float) -> str:
        """Read, once for each process, what others have created; a long list in several tries."""
        while not self._is_listed:
            if time.monotonic() - started > _PREPARE_WITHIN_SECONDS:
                raise _SlowList("Twilio's contents are still being read", blames_sender=False)
            page = _read(self._client.request("GET", self._next_page, auth=self._auth))
            for item in page.get("contents", ()):
                if str(item.get("friendly_name")).startswith(PREFIX):
                    self._sids.setdefault(item["friendly_name"], item["sid"])
            following = (page.get("meta") or {}).get("next_page_url") or ""
            self._is_listed, self._next_page = not following, following or _LIST
        return self._sids.get(name, "")

    def _created(self, name: str, types: Mapping[str, Any], variables: Mapping[str, str]) -> str:
        asked = {"friendly_name": name, "language": "en", "variables": _samples(variables)}
        made = _read(
            self._client.request(
                "POST",
                "/v1/Content",
                data={**asked, "types": types},
                headers={"Content-Type": "application/json"},
                auth=self._auth,
            )
        )
        self._sids[name] = sid = str(made["sid"])
        self._troubles.pop(name, None)
        return sid

    def _refuse(self, name: str, error: SendError) -> None:
        self._troubles.pop(name, None)
        self._refused_at[name] = time.monotonic()
        log.warning(
            "Twilio refused buttons; plain text goes out", reason=error.reason, code=error.code
        )


def needs_content(outbound: Outbound) -> bool:
    """Whether a message has something to tap that Twilio shows only through its Content API."""
    return outbound.channel == "whatsapp" and "taps" in outbound.content


def definition(outbound: Outbound) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The types of a message's content, and its variables: {{1}} is the text over the taps."""
    content, variables = outbound.content, {"1": outbound.body}
    match content["taps"]:
        case "list":
            rows = [_row(choice) for choice in content["choices"]]
            return {
                "twilio/list-picker": {"body": "{{1}}", "button": content["button"], "items": rows}
            }, variables
        case "link":
            url, path = _split(content["link"]["url"])
            action = {"type": "URL", "title": content["link"]["title"], "url": url}
            kind, more = "twilio/call-to-action", {"2": path} if path else {}
            return {kind: {"body": "{{1}}", "actions": [action]}}, variables | more
        case _:
            actions = [
                {"type": "QUICK_REPLY", "title": choice["title"], "id": choice["id"]}
                for choice in content["choices"]
            ]
            return {"twilio/quick-reply": {"body": "{{1}}", "actions": actions}}, variables


def name_of(types: Mapping[str, Any]) -> str:
    """The name that a content with these types has in any process."""
    canonical = json.dumps(types, sort_keys=True, separators=(",", ":"))
    return PREFIX + hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _row(choice: Mapping[str, Any]) -> dict[str, str]:
    title = choice["title"]
    # A section has no place of its own in Twilio's list, and a long title only this one.
    beside = choice.get("description") or choice.get("section") or ""
    if len(title) > _LONGEST_ROW_TITLE:
        title, beside = title[: _LONGEST_ROW_TITLE - 1] + "…", title
    row = {"id": choice["id"], "item": title}
    return row | {"description": beside} if beside else row


def _split(url: str) -> tuple[str, str]:
    """An address with what follows its host as a variable; the host cannot be one."""
    parts = urlsplit(url)
    host = f"{parts.scheme}://{parts.netloc}/"
    path = url.removeprefix(host) if url.startswith(host) else ""
    return (host + "{{2}}", path) if path else (url, "")


def _samples(variables: Mapping[str, str]) -> dict[str, str]:
    """Neutral samples, so that the first contact's text is not stored in the account forever."""
    return {name: "text" if name == "1" else "path" for name in variables}


def _read(answer: Response) -> Mapping[str, Any]:
    try:
        found: Any = json.loads(answer.text)
    except ValueError as error:
        raise OutcomeUnknown("Twilio's answer about content could not be read") from error
    if not isinstance(found, dict):
        raise OutcomeUnknown("Twilio's answer about content could not be read")
    return found
