"""What a bot imports: `Bot`, what it can say, and `rehearse` to try it in a test.

Pure: no database, no network, no queue. The engine drives it through `Bot.respond`.
"""

from pipeline.botkit.bot import Bot
from pipeline.botkit.burst import EACH, LAST, Burst, Join, joined
from pipeline.botkit.check import Problem
from pipeline.botkit.choices import Choice
from pipeline.botkit.definition import State
from pipeline.botkit.flow import Flow
from pipeline.botkit.kinds import Audio, Buttons, Content, Document, Image, Reply
from pipeline.botkit.loading import load
from pipeline.botkit.memory import moved_by_hand
from pipeline.botkit.readers import Answer, Date, Email, Name, Number, OneOf, Phone, Reader, Text
from pipeline.botkit.rehearsal import Rehearsal, rehearse
from pipeline.botkit.situation import (
    ContactView,
    Entered,
    Heard,
    Nudged,
    Outcome,
    PastMessage,
    Reminded,
    Reminder,
    Situation,
    Step,
)
from pipeline.botkit.turn import Turn
from pipeline.errors import NotUnderstood

__all__ = [
    "EACH",
    "LAST",
    "Answer",
    "Audio",
    "Bot",
    "Burst",
    "Buttons",
    "Choice",
    "ContactView",
    "Content",
    "Date",
    "Document",
    "Email",
    "Entered",
    "Flow",
    "Heard",
    "Image",
    "Join",
    "Name",
    "NotUnderstood",
    "Nudged",
    "Number",
    "OneOf",
    "Outcome",
    "PastMessage",
    "Phone",
    "Problem",
    "Reader",
    "Rehearsal",
    "Reminded",
    "Reminder",
    "Reply",
    "Situation",
    "State",
    "Step",
    "Text",
    "Turn",
    "joined",
    "load",
    "moved_by_hand",
    "rehearse",
]
