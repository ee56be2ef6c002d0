"""Takes a problem, tries to help, and calls a human: debouncing, a place, a responder, a log.

Talk to it: BOT=bots.examples.support_desk:bot parley chat

A `responder` answers where the rules below do not: any `async def responder(turn)` that returns a
text, or None. A language model, on a machine of yours or with an account, is one:

    from pipeline.botkit.llm import OpenAIResponder
    responder = OpenAIResponder("http://localhost:11434/v1", "llama3.2", instructions="You are …")
"""

import logging
from datetime import timedelta

from pipeline.botkit import (
    Bot,
    Buttons,
    Image,
    Join,
    Link,
    LocationRequest,
    Next,
    Responder,
    Turn,
)

log = logging.getLogger(__name__)
bot = Bot("support desk", start="welcome", expires_after=timedelta(days=3))

responder: Responder | None = None

ANSWERS = {
    ("slow", "speed"): "Please unplug the router for ten seconds. Most often that is all it needs.",
    ("password", "locked"): "You can set a new password yourself, at any hour:",
}
HELPED = Buttons(yes="That helped", later="Ask me tomorrow", person="A person, please")
RESET = Link("https://desk.example.com/password", "New password")
LIGHTS = Image("https://desk.example.com/lights.jpg", "A red light? Then it is the line, not you.")


# It runs around every function. The log has the ways people take, not what they said: that is
# theirs, and the dashboard has it for those who may see it.
@bot.middleware
def logged(turn: Turn, call_next: Next) -> object:
    before = turn.state
    result = call_next(turn)
    log.info("%s on %s: %s", before, turn.channel, result or "stays")
    return result


@bot.awaits("welcome", to=["problem"])
def welcome(turn: Turn) -> str:
    turn.say("Hello! This is the help desk.")
    return "problem"


# People write in bits: "hello" - "my internet" - "is so slow". With Join they are one message,
# texts by lines and all photos together, when nothing more has come for two seconds.
@bot.awaits(
    "problem",
    to=["tried", "where", "person"],
    entry="What is the matter? You may use as many messages as you like, and photos.",
    debounce=Join(seconds=2),
    nudge_after=timedelta(hours=1),
    nudge="Just write what happened, in your own words.",
)
async def problem(turn: Turn) -> str | None:
    turn.data["problem"] = turn.message.text or "(see the photos)"
    if turn.says("person", "human", "agent"):
        return "person"
    # Without a line there is nothing to try: somebody has to come.
    if turn.says("no internet", "dead", "cable", "red light"):
        return "where"
    if turn.message.media:
        return "person"
    for words, answer in ANSWERS.items():
        if turn.says(*words):
            turn.say(answer, *([RESET] if "password" in words else [LIGHTS]))
            return "tried"
    if responder and (answered := await responder(turn)):
        turn.say(answered)
        return "tried"
    return "person"


@bot.awaits("tried", to=["problem", "person", "solved"], entry=("Did that help?", HELPED))
def tried(turn: Turn) -> str | None:
    if turn.picked("yes") or turn.says("yes", "works", "thanks"):
        return "solved"
    if turn.picked("later") or turn.says("tomorrow", "later"):
        # The reminder holds for as long as the talk stays here.
        turn.remind(timedelta(days=1), "ask_again")
        turn.say("All right, I will ask you tomorrow.")
        return None
    if turn.picked("person") or turn.says("no", "person", "human"):
        return "person"
    return "problem"


@bot.sends("ask_again", then="tried")
def ask_again(turn: Turn) -> None:
    turn.say("Good morning! You had trouble yesterday.")


# WhatsApp can share a place; by SMS the same request asks for it in words.
@bot.awaits("where", to=["visitor"], entry=LocationRequest("Somebody has to look. Where are you?"))
def where(turn: Turn) -> str | None:
    place, text = turn.message.location, turn.message.text
    if place:
        turn.data["where"] = f"{place.latitude}, {place.longitude} {place.label}".strip()
    elif text:
        turn.data["where"] = text
    else:
        turn.say("Please send a place, or write the street and the town.")
        return None
    return "visitor"


@bot.awaits(
    "visitor",
    to=["person"],
    entry='And whom shall we call at the door? Send a contact card or a name, or write "me".',
)
def visitor(turn: Turn) -> str:
    cards = [file.url for file in turn.message.media]
    turn.data["visitor"] = cards[0] if cards else turn.message.text or "me"
    return "person"


@bot.sends("person", then="solved_by_hand")
def person(turn: Turn) -> None:
    place = turn.data.get("where")
    reason = turn.data.get("problem", "wants a person")
    # From here the bot is silent until an operator gives the talk back to it. The operator reads
    # the reason first, so it says what matters.
    turn.hand_over(f"{reason} (visit: {place})" if place else reason)
    said_before = len(turn.history(20))
    thanks = "Thank you for your patience. " if said_before > 6 else ""
    turn.say(f"{thanks}I have called a colleague, who will answer you here.")


# The talk comes here from the human; what the contact writes next is heard by the bot again.
@bot.awaits("solved_by_hand", to=["problem", "solved"])
def solved_by_hand(turn: Turn) -> str | None:
    if turn.picked("yes") or turn.says("yes", "thanks", "solved"):
        return "solved"
    if turn.picked("no") or turn.says("no", "not", "still"):
        return "problem"
    turn.say("Is it solved now?", Buttons(yes="Yes", no="Not yet"))
    return None


@bot.sends("solved")
def solved(turn: Turn) -> None:
    turn.say("Glad to hear it. Write at any time.")
    turn.end()


# A deploy may take states away in which people still rest. They are heard here, and the log of the
# dashboard tells you of them.
@bot.fallback
def lost(turn: Turn) -> str:
    turn.say("Sorry, we have changed a few things, and I lost the thread.")
    return "problem"
