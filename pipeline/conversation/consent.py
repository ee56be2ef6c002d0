"""Opt-outs: where one counts, and which replies of a turn are still sent after it.

Dispatch, the pages, the operator's verbs and the test kit ask these functions.
"""

from collections.abc import Container
from dataclasses import replace

from pipeline.conversation.turns import Reply
from pipeline.enums import Consent

# The opt-out of a contact whom an operator or the API opted out of all our numbers.
EVERYWHERE = "*"
# Marks, in a message's content, the answer to a STOP, START or HELP: its contact wrote just now.
# Also who has opted out is answered: https://www.twilio.com/docs/api/errors/23002, and carriers
# want that of short codes. So is what a bot says before `turn.opt_out()`, as its confirmation.
CONSENT = "consent"
OPTED_OUT = "The contact has asked not to be messaged (STOP)."


def scope(channel: str, our_number: str) -> str:
    """The key of an opt-out: contacts opt out per channel and per number."""
    return f"{channel} {our_number}"


def is_opted_out(opt_outs: Container[str], channel: str, our_number: str) -> bool:
    """Whether a contact with these opt-outs gets no messages from one of our numbers."""
    return EVERYWHERE in opt_outs or scope(channel, our_number) in opt_outs


def takes_effect(wish: Consent | None, *, is_out: bool) -> bool:
    """Whether a consent word is one; a START of somebody who never opted out is an answer."""
    return wish is not None and (wish != Consent.START or is_out)


def confirming(reply: Reply) -> Reply:
    """The reply as the confirmation of an opt-out, which is sent in spite of it."""
    return replace(reply, content={**reply.content, CONSENT: Consent.STOP})


def is_sent(reply: Reply, *, is_out: bool) -> bool:
    """Whether a reply reaches a contact who has opted out, or not."""
    return not is_out or CONSENT in reply.content
