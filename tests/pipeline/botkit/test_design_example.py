"""The example that the documentation gives, as it stands there."""

from datetime import timedelta

from pipeline.botkit import Bot, Buttons, Tester, Turn

bot = Bot("front-desk", start="unstructured", expires_after=timedelta(hours=24))


@bot.awaits("unstructured", to=["support", "ask_name"])
def unstructured(turn: Turn) -> str | None:
    if turn.picked("human") or turn.says("help", "agent"):
        return "support"
    if turn.picked("join"):
        return "ask_name"
    turn.say("Hi! What would you like?", Buttons(join="Join", human="Talk to us"))
    return None


@bot.sends("ask_name", then="collect_info")
def ask_name(turn: Turn) -> None:
    turn.say("What is your name?")


@bot.awaits("collect_info", timeout=timedelta(minutes=30), on_timeout="unstructured")
def collect_info(turn: Turn) -> str:
    turn.data["name"] = turn.message.text
    turn.say(f"Thanks {turn.data['name']}!")
    return "unstructured"


def test_documented_conversation_passes() -> None:
    Tester(bot).hears("hi").says("Hi!…").hears("1").in_state("ask_name")


def test_greeting_is_a_numbered_list() -> None:
    shown = "Hi! What would you like?\n\n1. Join\n2. Talk to us\nReply with a number."
    Tester(bot).hears("hi").says(shown).says_nothing()


def test_name_is_collected() -> None:
    talk = Tester(bot, "whatsapp").hears("hi").hears("JOIN")
    talk.says("What is your name?").in_state("collect_info").hears("Ada")
    talk.says("Thanks Ada!").has_data(name="Ada").in_state("unstructured")


def test_silence_goes_back_to_the_start() -> None:
    talk = Tester(bot).hears("hi").hears("1").passes(timedelta(minutes=29))
    talk.in_state("collect_info").passes(timedelta(minutes=1)).in_state("unstructured")
