"""A quiz against the clock: a timeout for each question, the score in typed data, one answer each.

Talk to it: BOT=bots.examples.quiz:bot parley chat
"""

from dataclasses import KW_ONLY, dataclass
from datetime import timedelta

from pydantic import BaseModel

from pipeline.botkit import (
    LAST,
    Audio,
    Bot,
    Buttons,
    Content,
    Image,
    NotUnderstood,
    Number,
    OneOf,
    Reader,
    Turn,
)

FILES = "https://quiz.example.com"
SECONDS = timedelta(seconds=30)


@dataclass(frozen=True)
class Riddle:
    """A question, the reader of its answer, and the right answer."""

    words: str
    reader: Reader[str] | Reader[int | float]
    answer: str | int
    right: str
    _: KW_ONLY
    shown: Image | Audio | None = None


RIDDLES = (
    Riddle(
        "Which planet is the largest?",
        OneOf(mars="Mars", jupiter="Jupiter", venus="Venus"),
        "jupiter",
        "Jupiter",
    ),
    Riddle("How many legs has a spider?", Number(0, 100), 8, "eight"),
    Riddle(
        "Which bird sings here?",
        OneOf(crow="A crow", robin="A robin", owl="An owl"),
        "owl",
        "an owl",
        shown=Audio(f"{FILES}/night.mp3"),
    ),
    Riddle(
        "Which river is on this picture?",
        OneOf(nile="The Nile", amazon="The Amazon"),
        "nile",
        "the Nile",
        shown=Image(f"{FILES}/pyramids.jpg"),
    ),
)


class Score(BaseModel):
    """The score so far."""

    number: int = 0
    points: int = 0
    best: int = 0


# The hint follows choices on channels without taps; write it in your own language.
bot = Bot("quiz", start="lobby", data=Score, choices_hint="Write the number or the word.")


@bot.awaits(
    "lobby",
    to=["begin"],
    entry=(f"{len(RIDDLES)} questions, 30 seconds each. Ready?", Buttons(play="Play")),
)
def lobby(turn: Turn[Score]) -> str | None:
    if turn.picked("play") or turn.says("play", "yes", "ready", "ok"):
        return "begin"
    turn.say("Say when you are ready.", Buttons(play="Play"))
    return None


@bot.sends("begin", then="question")
def begin(turn: Turn[Score]) -> None:
    turn.data.number = turn.data.points = 0


def riddle(turn: Turn[Score]) -> Riddle:
    return RIDDLES[min(turn.data.number, len(RIDDLES) - 1)]


# The entry action runs each time the conversation enters "question", so one state asks all of them.
def ask(turn: Turn[Score]) -> tuple[Content, ...]:
    asked = riddle(turn)
    shown = (asked.shown,) if asked.shown else ()
    return *shown, f"{turn.data.number + 1}. {asked.words}", *asked.reader.offers


# "Mars" - "no, Jupiter!": with LAST only the newest of the waiting messages counts. The timeout
# runs from the last turn and survives a restart, because it is a row in the database.
@bot.awaits(
    "question",
    to=["next"],
    entry=ask,
    debounce=LAST,
    timeout=SECONDS,
    on_timeout="too_late",
)
def question(turn: Turn[Score]) -> str:
    asked = riddle(turn)
    # A reader works in any handler. If it raises NotUnderstood, the bot sends that text and stays.
    is_right = asked.reader.read(turn) == asked.answer
    turn.data.points += is_right
    turn.say("Right!" if is_right else f"No, it is {asked.right}.")
    return "next"


@bot.sends("too_late", then="next")
def too_late(turn: Turn[Score]) -> None:
    turn.say(f"Time is up! It is {riddle(turn).right}.")


@bot.sends("next")
def following(turn: Turn[Score]) -> str:
    turn.data.number += 1
    return "result" if turn.data.number >= len(RIDDLES) else "question"


@bot.sends("result", then="again")
def result(turn: Turn[Score]) -> None:
    points, best = turn.data.points, turn.data.best
    # The data lasts as long as the conversation, so the next round knows the best one.
    turn.data.best = max(points, best)
    record = " Your best so far!" if points > best else ""
    turn.say(f"{points} of {len(RIDDLES)} points.{record}", Buttons(play="Once more"))


@bot.awaits("again", to=["begin"])
def again(turn: Turn[Score]) -> str | None:
    if turn.picked("play") or turn.says("play", "again", "more", "yes"):
        return "begin"
    raise NotUnderstood('Write "play" for another round.')


# A lone "stop" or "quit" opts out and never reaches the bot, so this command has two words.
@bot.command("stop quiz", "enough")
def stop_quiz(turn: Turn[Score]) -> None:
    turn.say(f"As you like. Points: {turn.data.points}.")
    turn.end()
