"""The shapes of the API: what each noun looks like in JSON, and what may be asked."""

from web.api.shapes.base import Answer, ByMoment, BySerial, BySerialMoment, Limit, Problem, page_of
from web.api.shapes.canned_replies import (
    CannedReply,
    CannedReplyChange,
    CannedReplyPage,
    NewCannedReply,
)
from web.api.shapes.contacts import (
    Contact,
    ContactChange,
    ContactFilter,
    ContactPage,
    ContactsQuery,
    NewContact,
)
from web.api.shapes.conversations import (
    BulkChange,
    BulkChanged,
    Change,
    Conversation,
    ConversationFilter,
    ConversationPage,
    ConversationsQuery,
    StatePage,
    TransitionPage,
)
from web.api.shapes.exports import ContactExport, ConversationExport, ExportFormat
from web.api.shapes.failures import FailedMessagePage, FailedTurnPage, Lane, Rerun
from web.api.shapes.messages import (
    FirstMessage,
    Message,
    MessageHeaders,
    MessagePage,
    Reply,
    Retry,
    Segments,
    SegmentsQuery,
)

__all__ = [
    "Answer",
    "BulkChange",
    "BulkChanged",
    "ByMoment",
    "BySerial",
    "BySerialMoment",
    "CannedReply",
    "CannedReplyChange",
    "CannedReplyPage",
    "Change",
    "Contact",
    "ContactChange",
    "ContactExport",
    "ContactFilter",
    "ContactPage",
    "ContactsQuery",
    "Conversation",
    "ConversationExport",
    "ConversationFilter",
    "ConversationPage",
    "ConversationsQuery",
    "ExportFormat",
    "FailedMessagePage",
    "FailedTurnPage",
    "FirstMessage",
    "Lane",
    "Limit",
    "Message",
    "MessageHeaders",
    "MessagePage",
    "NewCannedReply",
    "NewContact",
    "Problem",
    "Reply",
    "Rerun",
    "Retry",
    "Segments",
    "SegmentsQuery",
    "StatePage",
    "TransitionPage",
    "page_of",
]
