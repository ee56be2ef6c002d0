"""Every part of the API, in the order in which the OpenAPI document lists them."""

from collections.abc import Sequence

from web.api.audit import audit
from web.api.canned_replies import canned_replies
from web.api.contacts import contacts
from web.api.conversations import conversations
from web.api.exports import exports
from web.api.failures import failures
from web.api.noun import Noun
from web.api.overrides import overrides
from web.api.segments import segments
from web.api.states import states
from web.api.users import users

NOUNS: Sequence[Noun] = (
    contacts,
    conversations,
    overrides,
    states,
    segments,
    canned_replies,
    failures,
    exports,
    users,
    audit,
)
