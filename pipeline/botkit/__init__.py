"""What a bot imports: `Bot`, what it can say, and `rehearse` to try it in a test.

Pure: no database, no network, no queue. The engine drives it through `Bot.respond`.
"""

from pipeline.botkit.bot import Bot
from pipeline.botkit.check import Problem
from pipeline.botkit.choices import Choice
from pipeline.botkit.definition import State
from pipeline.botkit.kinds import Audio, Buttons, Content, Document, Image, Reply
from pipeline.botkit.loading import load
from pipeline.botkit.rehearsal import Rehearsal, rehearse
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
    "Choice",
    "ContactView",
    "Content",
    "Document",
    "Entered",
    "Heard",
    "Image",
    "Outcome",
    "PastMessage",
    "Problem",
    "Rehearsal",
    "Reminded",
    "Reminder",
    "Reply",
    "Situation",
    "State",
    "Step",
    "Turn",
    "load",
    "rehearse",
]
