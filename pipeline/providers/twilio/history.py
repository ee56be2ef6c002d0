"""Twilio's message list: where a send of unknown outcome is looked for, and what we missed.

https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from twilio.base.exceptions import TwilioException

from pipeline.errors import OutcomeUnknown, SenderBlocked
from pipeline.messages import WHATSAPP, Outbound
from pipeline.providers.addresses import on_channel
from pipeline.providers.base import Found
from pipeline.providers.twilio.content import needs_content
from pipeline.providers.webhook_form import Form, status_word

_API = "https://api.twilio.com"
# Twilio's largest page: a pull after an outage reads many.
_PAGE_SIZE = 1000
_MOST_RECEIVED = 100_000
# The list is roughly newest first: a look-up ends after so many older ones in a row.
_OLDER_IN_A_ROW = 50
_MOST_LOOKED_AT = 1000
_TRIAL_PREFIX = "Sent from your Twilio trial account - "
_UNREADABLE = (TwilioException, ValueError, TypeError, AttributeError, KeyError)
_log = logging.getLogger(__name__)


def find(messages: Any, outbound: Outbound, *, sender: str, since: datetime) -> Sequence[Found]:
    """The messages to that contact that may be `outbound`, newest first.

    Not filtered by DateSent, which a message that is still queued at Twilio does not have.
    """
    query = {"to": on_channel(outbound.channel, outbound.recipient)}
    if sender:
        query["from_"] = sender
    candidates = [
        Found(message.sid, status_word(message.status or "accepted"), message.date_created)
        for message in _created_since(since, messages, query)
        if message.direction != "inbound" and _says(message.body, outbound)
    ]
    return sorted(candidates, key=attrgetter("created_at"), reverse=True)


def received(
    messages: Any, since: datetime, numbers: Sequence[str]
) -> Iterator[tuple[Form, datetime]]:
    """What was sent to our numbers since then, oldest first: webhook forms and times."""
    found = [message for to in _spellings(numbers) for message in _sent_to(to, messages, since)]
    for message in sorted(found, key=attrgetter("date_sent", "sid")):
        yield _form(message), message.date_sent


def _created_since(since: datetime, messages: Any, query: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = []
    older = 0
    try:
        for message in messages.stream(**query, page_size=_OLDER_IN_A_ROW, limit=_MOST_LOOKED_AT):
            is_new = message.date_created and message.date_created >= _second(since)
            older = 0 if is_new else older + 1
            if older >= _OLDER_IN_A_ROW:
                break
            if is_new:
                found.append(message)
    except _UNREADABLE as error:
        raise OutcomeUnknown("Twilio's message list could not be read") from error
    return found


def _sent_to(address: str, messages: Any, since: datetime) -> list[Any]:
    try:
        listed = messages.list(
            to=address, date_sent_after=since, page_size=_PAGE_SIZE, limit=_MOST_RECEIVED
        )
    except _UNREADABLE as error:
        raise OutcomeUnknown("Twilio's message list could not be read") from error
    if len(listed) == _MOST_RECEIVED:
        _log.warning("More than %d messages were missed; the oldest are left out", _MOST_RECEIVED)
    return [
        message
        for message in listed
        if message.direction == "inbound"
        and message.date_sent
        and message.date_sent >= _second(since)
        and _has_sender(message)
    ]


def _second(moment: datetime) -> datetime:
    """The moment in whole seconds, as Twilio reports it."""
    return moment.replace(microsecond=0)


def _says(body: str | None, outbound: Outbound) -> bool:
    # Twilio fills in templates and content, so their text cannot be compared.
    if outbound.content.get("content_sid") or needs_content(outbound):
        return True
    return (body or "").removeprefix(_TRIAL_PREFIX).strip() == outbound.body.strip()


def _spellings(numbers: Sequence[str]) -> list[str]:
    """Each number as it is listed on SMS and, where it can have one, on WhatsApp."""
    listed = [
        address
        for number in numbers
        for address in (number, *([on_channel(WHATSAPP, number)] if number[0] == "+" else []))
    ]
    return list(dict.fromkeys(listed))


def _has_sender(message: Any) -> bool:
    if (message.from_ or "").strip():
        return True
    # The webhook would have refused it as well.
    _log.warning("Skipped %s: it has no sender", message.sid)
    return False


def _form(message: Any) -> Form:
    form = {
        "AccountSid": message.account_sid,
        "MessageSid": message.sid,
        "From": message.from_,
        "To": message.to,
        "Body": message.body,
        "NumMedia": message.num_media,
    }
    if message.num_media not in {None, "", "0"}:
        for index, media in enumerate(_media(message)):
            form[f"MediaUrl{index}"] = _API + media.uri.removesuffix(".json")
            form[f"MediaContentType{index}"] = media.content_type
    return {name: [text] for name, text in form.items() if text}


def _media(message: Any) -> list[Any]:
    try:
        listed: list[Any] = message.media.list(limit=100)
    except SenderBlocked:
        # Deleted meanwhile (404): the text of the message is kept anyway.
        return []
    except _UNREADABLE as error:
        raise OutcomeUnknown("Twilio's media list could not be read") from error
    return listed
