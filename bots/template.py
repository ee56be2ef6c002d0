"""A bot to start from: copy this file, set BOT=bots.yours:bot, and change its states and texts.

Conversations wait in three states: `unstructured` finds out what the contact wants, `support` notes
a problem and can call a person, `collect_info` asks for a name, an e-mail address and a date.

A `responder` can answer what these rules do not: set it below to any `async def responder(turn)`
that returns a text, or None to leave the answer to the rules. For a language model, hosted by you
or by a provider:

    from pipeline.botkit.llm import OpenAIResponder
    responder = OpenAIResponder("http://localhost:11434/v1", "llama3.2", instructions="You are …")
"""

from datetime import timedelta

from pipeline.botkit import (
    Bot,
    Buttons,
    Date,
    Email,
    Name,
    NotUnderstood,
    Reader,
    Responder,
    Turn,
)

# A message more than a day after the last one starts a new conversation.
bot = Bot("template", start="unstructured", expires_after=timedelta(days=1))

responder: Responder | None = None

# Contacts pick one by tapping it, by its number ("1") or by its title ("book a visit").
OFFERS = Buttons(join="Book a visit", human="Get support")
NEXT_IN_SUPPORT = Buttons(person="Talk to a person", back="That is all")


# An AWAIT-state: the function runs on the contact's next message and returns the next state.
# None stays in this state. `to` lists the states it may return; Parley reports typos at start.
@bot.awaits("unstructured", to=["open_support", "ask_next"])
async def unstructured(turn: Turn) -> str | None:
    # STOP, START and HELP never reach the bot: Parley handles them as carriers require.
    if turn.picked("human") or turn.says("support", "help", "agent", "human", "problem"):
        return "open_support"
    if turn.picked("join") or turn.says("book", "join", "sign up", "register", "visit"):
        return "ask_next"
    is_hello = turn.says("hi", "hello", "hey")
    if not is_hello and (answer := await answer_freely(turn)):
        turn.data["greeted"] = True
        turn.say(answer)
    elif is_hello or not turn.data.get("greeted"):
        greet(turn)
    else:
        turn.say("Sorry, I did not get that. I can help with one of these:", OFFERS)
    return None


async def answer_freely(turn: Turn) -> str | None:
    return await responder(turn) if responder else None


def greet(turn: Turn) -> None:
    name = f" {turn.contact.name}" if turn.contact.name else ""
    turn.data["greeted"] = True  # `data` is stored with the conversation as JSON
    turn.say(f"Hi{name}! What can I do for you?", OFFERS)


# A SEND-state: the function runs on entry, then the conversation moves to `then`.
@bot.sends("open_support", then="support")
def open_support(turn: Turn) -> None:
    turn.data["problem"] = []
    turn.say("Sorry that you need help. Please tell me what happened.")


@bot.awaits("support", to=["unstructured"])
async def support(turn: Turn) -> str | None:
    notes = turn.data.setdefault("problem", [])
    if turn.picked("back") or turn.says("back", "solved"):
        turn.say('All right. Write "menu" when you need me.')
        return "unstructured"
    if turn.picked("person") or turn.says("agent", "human", "person"):
        # The bot is paused from here until an operator hands the conversation back.
        turn.hand_over(" / ".join(notes) or "asked for a person")
        turn.say("I have called a colleague, who will answer you here.")
        return None
    thanks = "Added to your notes." if notes else "Thank you, I have noted that."
    notes.append(turn.message.text or "(sent a file)")
    answer = await answer_freely(turn)
    turn.say(answer or f"{thanks} You can add more, or:", NEXT_IN_SUPPORT)
    return None


# What is asked, in this order: the key in turn.data, the question, and what reads the answer.
QUESTIONS: dict[str, tuple[str, Reader[str]]] = {
    "name": ("What is your name?", Name()),
    "email": ("What is your e-mail address?", Email()),
    "date": (
        "Which day suits you? For example 2030-06-24.",
        Date(earliest=timedelta(0), too_early="That day has passed."),
    ),
}


def next_question(turn: Turn) -> str | None:
    return next((key for key in QUESTIONS if key not in turn.data), None)


@bot.sends("ask_next", then="collect_info")
def ask_next(turn: Turn) -> None:
    if turn.data.pop("confirmed", False):  # a second booking starts without the old answers
        forget_answers(turn)
    key = next_question(turn)
    if key is not None:
        turn.say(QUESTIONS[key][0])
        return
    summary = "{name}, {email}, on {date}".format(**turn.data)
    turn.say(f"{summary}. Is that right?", Buttons(right="Yes", wrong="No, ask me again"))


# After half an hour without a message the conversation moves to `on_timeout`.
@bot.awaits(
    "collect_info",
    to=["ask_next", "unstructured"],
    timeout=timedelta(minutes=30),
    on_timeout="pause_questions",
)
def collect_info(turn: Turn) -> str | None:
    key = next_question(turn)
    if key is None:
        return confirm(turn)
    question, reader = QUESTIONS[key]
    try:
        turn.data[key] = reader.read(turn)
    except NotUnderstood as reason:
        turn.say(f"{reason} {question}")
        return None
    return "ask_next"


def confirm(turn: Turn) -> str:
    if turn.picked("wrong") or turn.says("no", "not", "wrong"):
        forget_answers(turn)
    elif turn.picked("right") or turn.says("yes", "ok", "right"):
        turn.data["confirmed"] = True  # name, email and date stay in `data`
        turn.say("Done! We look forward to seeing you.")
        return "unstructured"
    return "ask_next"


def forget_answers(turn: Turn) -> None:
    for key in QUESTIONS:
        turn.data.pop(key, None)


@bot.sends("pause_questions", then="unstructured")
def pause_questions(turn: Turn) -> None:
    turn.say('I have kept your answers. Write "book" to continue where we stopped.')


# Commands work in every state when they are the whole message.
@bot.command("menu", "main menu")
def menu(turn: Turn) -> str:
    greet(turn)
    return "unstructured"


@bot.command("start over", "reset")
def start_over(turn: Turn) -> str:
    turn.data.clear()
    return menu(turn)
