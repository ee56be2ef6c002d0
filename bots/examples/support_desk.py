"""Notes a problem, tries to help, and calls a person: debouncing, a location, a responder, a log.

Talk to it: BOT=bots.examples.support_desk:bot parley chat

A `responder` answers what the rules below do not: any `async def responder(turn)` that returns a
text, or None. For a language model, hosted by you or by a provider:

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


# Runs around every handler. It logs states, never the contact's messages: those are private.
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


# Contacts write in parts: "hello" - "my internet" - "is so slow". Join makes one message of them,
# with a line for each text and all photos, once two seconds pass without another.
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
    # Without a connection there is nothing to try: send a technician.
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
        # The reminder is canceled if the conversation leaves this state first.
        turn.remind(timedelta(days=1), "ask_again")
        turn.say("All right, I will ask you tomorrow.")
        return None
    if turn.picked("person") or turn.says("no", "person", "human"):
        return "person"
    return "problem"


@bot.sends("ask_again", then="tried")
def ask_again(turn: Turn) -> None:
    turn.say("Good morning! You had trouble yesterday.")


# WhatsApp can share a location; by SMS the same request asks for it as text.
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
    entry='And whom shall we call on arrival? Send a contact card or a name, or write "me".',
)
def visitor(turn: Turn) -> str:
    cards = [file.url for file in turn.message.media]
    turn.data["visitor"] = cards[0] if cards else turn.message.text or "me"
    return "person"


@bot.sends("person", then="solved_by_person")
def person(turn: Turn) -> None:
    place = turn.data.get("where")
    reason = turn.data.get("problem", "wants a person")
    # The bot is paused from here until an operator hands the conversation back. The operator reads
    # the reason first, so it says what matters.
    turn.hand_over(f"{reason} (visit: {place})" if place else reason)
    said_before = len(turn.history(20))
    thanks = "Thank you for your patience. " if said_before > 6 else ""
    turn.say(f"{thanks}I have called a colleague, who will answer you here.")


# After an operator hands back, the contact's next message arrives in this state.
@bot.awaits("solved_by_person", to=["problem", "solved"])
def solved_by_person(turn: Turn) -> str | None:
    if turn.picked("yes") or turn.says("yes", "thanks", "solved"):
        return "solved"
    if turn.picked("no") or turn.says("no", "not", "still"):
        return "problem"
    turn.say("Is it solved now?", Buttons(yes="Yes", no="Not yet"))
    return None


@bot.sends("solved")
def solved(turn: Turn) -> None:
    turn.say("I am glad. Write at any time.")
    turn.end()


# A deploy may delete a state that conversations are in. Their next message arrives here, and the
# dashboard reports them.
@bot.fallback
def lost(turn: Turn) -> str:
    turn.say("Sorry, we have changed a few things, and I lost the thread.")
    return "problem"
