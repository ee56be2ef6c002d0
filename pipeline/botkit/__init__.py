"""What a bot imports: `Bot`, what it can say, and `rehearse` to try it in a test.

Pure: no database, no network, no queue. The engine drives it through `Bot.respond`.
"""

from pipeline.botkit.bot import Bot
from pipeline.botkit.cards import Card, Carousel
from pipeline.botkit.check import Problem
from pipeline.botkit.choices import Choice
from pipeline.botkit.consent import ConsentTexts
from pipeline.botkit.definition import State
from pipeline.botkit.files import Audio, Document, Image
from pipeline.botkit.kinds import Content
from pipeline.botkit.links import Link, LocationRequest
from pipeline.botkit.loading import load
from pipeline.botkit.rehearsal import Rehearsal, both_channels, rehearse
from pipeline.botkit.replies import Reply
from pipeline.botkit.responder import Responder
from pipeline.botkit.taps import Buttons, Menu, Row
from pipeline.botkit.templates import Template
from pipeline.botkit.turn import (
    ContactView,
    Entered,
    Heard,
    Outcome,
    PastMessage,
    Reminded,
    Reminder,
    Situation,
    Step,
    Turn,
)

__all__ = [
    "Audio",
    "Bot",
    "Buttons",
    "Card",
    "Carousel",
    "Choice",
    "ConsentTexts",
    "ContactView",
    "Content",
    "Document",
    "Entered",
    "Heard",
    "Image",
    "Link",
    "LocationRequest",
    "Menu",
    "Outcome",
    "PastMessage",
    "Problem",
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
    "Turn",
    "both_channels",
    "load",
    "rehearse",
]
