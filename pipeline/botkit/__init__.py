"""The bot kit, which is all that a bot imports: Bot, Turn, contents, readers, Tester.

It uses no database, network or queue. The engine calls `Bot.respond`.
"""

from pipeline.botkit.analysis.check import Problem
from pipeline.botkit.bot import Bot
from pipeline.botkit.content.buttons import Buttons, Menu, Row
from pipeline.botkit.content.cards import Card, Carousel
from pipeline.botkit.content.consent import Consent, ConsentTexts
from pipeline.botkit.content.files import Audio, Document, Image
from pipeline.botkit.content.kinds import Content
from pipeline.botkit.content.links import Link, LocationRequest
from pipeline.botkit.content.templates import Template
from pipeline.botkit.definition import Next, State
from pipeline.botkit.engine.run import Recovery
from pipeline.botkit.flow import Flow
from pipeline.botkit.inputs.date_reader import Date
from pipeline.botkit.inputs.debounce import EACH, LAST, Burst, Debounce, Join, join_messages
from pipeline.botkit.inputs.readers import (
    Answer,
    Email,
    Name,
    Number,
    OneOf,
    Phone,
    Reader,
    Text,
)
from pipeline.botkit.loading import load
from pipeline.botkit.situation import ContactView, PastMessage, Situation, TurnError
from pipeline.botkit.testing.tester import Rehearsal, Tester, both_channels, rehearse
from pipeline.botkit.turn import Responder, Turn
from pipeline.conversation.memory import is_unentered, moved_by_hand, unentered
from pipeline.conversation.turns import (
    Choice,
    Entered,
    Nudged,
    Outcome,
    Received,
    Reminded,
    Reminder,
    Reply,
    Step,
)
from pipeline.errors import NotUnderstood

__all__ = [
    "EACH",
    "LAST",
    "Answer",
    "Audio",
    "Bot",
    "Burst",
    "Buttons",
    "Card",
    "Carousel",
    "Choice",
    "Consent",
    "ConsentTexts",
    "ContactView",
    "Content",
    "Date",
    "Debounce",
    "Document",
    "Email",
    "Entered",
    "Flow",
    "Image",
    "Join",
    "Link",
    "LocationRequest",
    "Menu",
    "Name",
    "Next",
    "NotUnderstood",
    "Nudged",
    "Number",
    "OneOf",
    "Outcome",
    "PastMessage",
    "Phone",
    "Problem",
    "Reader",
    "Received",
    "Recovery",
    "Rehearsal",
    "Reminded",
    "Reminder",
    "Reply",
    "Responder",
    "Row",
    "Situation",
    "State",
    "Step",
    "Template",
    "Tester",
    "Text",
    "Turn",
    "TurnError",
    "both_channels",
    "is_unentered",
    "join_messages",
    "load",
    "moved_by_hand",
    "rehearse",
    "unentered",
]
