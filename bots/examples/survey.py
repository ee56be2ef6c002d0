"""Asks how people get to work: a survey whose next question depends on the answers so far.

Talk to it: BOT=bots.examples.survey:bot parley chat
"""

from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.botkit import (
    Bot,
    Buttons,
    Consent,
    Menu,
    Number,
    OneOf,
    Row,
    Text,
    Turn,
)

WAYS = Menu(
    {
        "On wheels": {"car": "By car", "bus": Row("By bus or train", "any of them")},
        "By muscle": {"bike": "By bicycle", "walk": "On foot"},
        "Not at all": {"home": Row("I work from home", "most of the week")},
    },
    button="Pick a way",
)
SCALE = OneOf({"1": "Very bad", "2": "Bad", "3": "Fair", "4": "Good", "5": "Very good"})
PATIENCE = timedelta(hours=6)


@dataclass
class Answers:
    """A contact's answers; None and "" are questions that were not asked or were skipped."""

    way: str = ""
    kilometres: float | None = None
    seats: int | None = None
    is_punctual: str = ""
    paths: str = ""
    wishes: list[str] = field(default_factory=list)


# After a week a new conversation starts; the old answers stay with the old one.
bot = Bot(
    "survey",
    start="welcome",
    data=Answers,
    expires_after=timedelta(days=7),
    # A contact who answers this fast is another bot.
    loop_guard=(15, timedelta(seconds=30)),
    # The replies to STOP, START and HELP where the provider sends none. Carriers require the
    # sender's name in each.
    consent=Consent(
        stop="Travel survey: you will get no more questions. Reply START to take part again.",
        start="Travel survey: good to have you back. Write anything to begin.",
        help="Travel survey: a few short questions. Reply STOP to get no more of them.",
    ),
)


@bot.awaits(
    "welcome",
    to=["way", "declined"],
    entry=(
        "How do you get to work? A few short questions, for better roads. Will you take part?",
        Buttons(go="Yes, gladly", no="No, thanks"),
    ),
)
def welcome(turn: Turn[Answers]) -> str | None:
    if turn.picked("no") or turn.says("no"):
        return "declined"
    if turn.picked("go") or turn.says("yes", "ok", "sure", "go"):
        return "way"
    turn.say("Will you take part?", Buttons(go="Yes, gladly", no="No, thanks"))
    return None


# After end() the contact's next message starts a new conversation, so no state follows.
@bot.sends("declined")
def declined(turn: Turn[Answers]) -> None:
    turn.say("That is fine. Have a good day!")
    turn.end()


# Each answer leads to its own questions; working from home skips them all.
@bot.asks(
    "way",
    "How do you get there on most days?",
    OneOf(WAYS),
    into="way",
    timeout=PATIENCE,
    on_timeout="unfinished",
)
def way(_turn: Turn[Answers], value: str) -> str:
    branches = {"car": "distance", "bus": "punctual", "bike": "distance", "walk": "paths"}
    return branches.get(value, "wishes")


@bot.asks(
    "distance",
    "How many kilometres is it, one way? For example 7.5.",
    Number(0, 300, whole=False, too_large="More than {most} km every day? Please check."),
    into="kilometres",
    timeout=PATIENCE,
    on_timeout="unfinished",
)
def distance(turn: Turn[Answers], _value: float) -> str:
    return "seats" if turn.data.way == "car" else "paths"


bot.asks(
    "seats",
    "How many people sit in the car, with you?",
    Number(1, 9),
    into="seats",
    then="wishes",
    timeout=PATIENCE,
    on_timeout="unfinished",
)
bot.asks(
    "punctual",
    "Does it come on time?",
    OneOf(always="Always", mostly="Mostly", rarely="Rarely"),
    into="is_punctual",
    then="wishes",
    timeout=PATIENCE,
    on_timeout="unfinished",
)
bot.asks(
    "paths",
    "How good are the paths?",
    SCALE,
    into="paths",
    then="wishes",
    timeout=PATIENCE,
    on_timeout="unfinished",
)


# Returning the state's own name asks again.
@bot.asks(
    "wishes",
    lambda turn: (
        f'What would you change {"next" if turn.data.wishes else "first"}? Or write "skip".'
    ),
    Text(300),
    timeout=PATIENCE,
    on_timeout="unfinished",
)
def wishes(turn: Turn[Answers], value: str) -> str:
    # Not says("no"), which would match "There is no bus" too.
    if value.casefold() in {"skip", "nothing", "no"}:
        return "thanks"
    turn.data.wishes.append(value)
    return "thanks" if len(turn.data.wishes) == 3 else "wishes"


@bot.sends("thanks")
def thanks(turn: Turn[Answers]) -> None:
    turn.say("Thank you! That was all. The results will hang in the town hall in spring.")
    turn.end()


# The answers so far are kept, and the rest is not asked again.
@bot.sends("unfinished")
def unfinished(turn: Turn[Answers]) -> None:
    turn.say("I have kept what you told me. Thank you!")
    turn.end()


@bot.command("back")
def back(turn: Turn[Answers]) -> str:
    return turn.back()


@bot.command("skip all", "leave")
def leave(_turn: Turn[Answers]) -> str:
    return "thanks"
