"""The mistakes that bot authors make, each as a function that spoils a bot.

The message comes when the bot is written, when it is checked at start or, where only running it can
tell, with the turn.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from pydantic import BaseModel

from pipeline.botkit import Bot, Email, Flow, Join, Number, Turn
from pipeline.errors import BotError
from tests.pipeline.botkit import wrong_kinds
from tests.pipeline.botkit.situations import a_situation

HOUR = timedelta(hours=1)
Spoil = Callable[[Bot], object]


class Order(BaseModel):
    size: int = 1


def stays(turn: Turn) -> None:
    turn.say("fine")


def leads_to_nowhere(turn: Turn) -> str:
    turn.say("fine")
    return "nowhere"


def leads_to_start(turn: Turn) -> str:
    turn.say("fine")
    return "start"


def leads_home(turn: Turn) -> str:
    turn.say("fine")
    return "home"


def leads_on(turn: Turn) -> str | None:
    return "b" if turn.says("on") else None


def takes_nothing() -> None:
    raise LookupError


def ends_a_flow(turn: Turn) -> str:
    return turn.done(1)


def enters_a_flow(turn: Turn) -> str:
    turn.say("fine")
    return "flow.x"


def names_a_flow(turn: Turn) -> str:
    turn.say("fine")
    return "flow"


def calls_a_stranger(turn: Turn) -> str:
    return turn.call("stranger", then="start")


def calls_wrongly(turn: Turn) -> str:
    return turn.call("flow", then="nowhere")


def calls(turn: Turn) -> str:
    return turn.call("flow", then="start")


def a_flow(start: str = "x", handler: Callable[[Turn], Any] = ends_a_flow) -> Flow:
    flow = Flow("flow", start=start)
    flow.awaits("x")(handler)
    return flow


def commanded(handler: Callable[[Turn], str]) -> Spoil:
    return lambda bot: bot.command("go")(handler)


def with_flow(spoil: Spoil, flow: Flow | None = None) -> Spoil:
    def both(bot: Bot) -> None:
        bot.include(flow or a_flow())
        spoil(bot)

    return both


def loop_of_sends(bot: Bot) -> None:
    bot.sends("b", then="c")(stays)
    bot.sends("c", then="b")(stays)


def old_data(_bot: Bot) -> None:
    typed = Bot("tested", start="start", data=Order)
    typed.awaits("start")(stays)
    typed.respond(a_situation(data={"size": "large"}))


def not_json(bot: Bot) -> None:
    bot.awaits("b")(lambda turn: turn.data.update(when=datetime.max.replace(tzinfo=UTC)))
    bot.respond(a_situation(state="b"))


def endless(bot: Bot) -> None:
    bot.sends("b")(lambda _turn: "b")
    bot.respond(a_situation(state="b"))


def lonely_done(bot: Bot) -> None:
    bot.include(a_flow())
    bot.respond(a_situation(state="flow.x"))


def wrong_edge(bot: Bot) -> None:
    bot.awaits("b", to="start")(lambda turn: str(turn.message.text))
    bot.awaits("c")(leads_to_start)
    bot.respond(a_situation("c", state="b"))


def misspelt(bot: Bot) -> None:
    bot.awaits("b", timout=HOUR)  # type: ignore[call-arg]  # the mistake


def asks(**settings: Any) -> Spoil:
    return lambda bot: bot.asks("b", "What?", Number(), **settings)


def told(bot: Bot) -> None:
    """Raise what the check finds, as `load` and `parley doctor` do."""
    problems = [problem.text for problem in bot.check()]
    if problems:
        raise BotError("\n".join(problems))


def lost_start(_bot: Bot) -> None:
    told(Bot("tested", start="gone"))


def negative(_bot: Bot) -> None:
    Bot("tested", start="start", expires_after=-HOUR)


def pit(bot: Bot) -> None:
    bot.awaits("b", to="b")(leads_on)
    bot.command("go")(leads_on)


def no_field(_bot: Bot) -> None:
    typed = Bot("tested", start="start", data=Order)
    typed.asks("start", "What?", Number(), into="gone", then="start")
    told(typed)


def spoiled(spoil: Spoil) -> Bot:
    """A sound bot of two states, spoilt."""
    bot = Bot("tested", start="start")
    bot.awaits("start")(leads_home)
    bot.awaits("home")(leads_to_start)
    spoil(bot)
    return bot


# What, how, the state it is about ("" for none), and words of the remedy.
MISTAKES: list[tuple[str, Spoil, str, str]] = [
    ("start is no state", lost_start, "", "start='gone' is not a state; the states are"),
    ("a name used twice", lambda b: b.sends("start")(stays), "start", "rename one of them"),
    ("to= unknown", lambda b: b.awaits("b", to="c")(stays), "b", "is not a state; the states"),
    ("then= unknown", lambda b: b.sends("b", then="c")(stays), "b", "is not a state; the states"),
    (
        "on_timeout= unknown",
        lambda b: b.awaits("b", timeout=HOUR, on_timeout="c")(stays),
        "b",
        "on_timeout='c' is not a state; the states are",
    ),
    ("returns unknown", lambda b: b.awaits("b")(leads_to_nowhere), "b", "the states are b"),
    ("outside to=", lambda b: b.awaits("b", to="b")(leads_to_start), "b", "its to= allows b"),
    ("outside to=, running", wrong_edge, "b", "its to= allows start"),
    ("state none leads to", lambda b: b.awaits("b")(leads_to_start), "b", "return its name"),
    ("no way out", pit, "b", "return another state's name, or add a command"),
    ("loop of SEND-states", loop_of_sends, "b", "let one of them lead to an AWAIT-state"),
    ("SEND to itself for ever", endless, "b", "more than 20 SEND-states in one turn"),
    ("SEND to nowhere", lambda b: b.sends("b")(stays), "b", "give it then=, return the next"),
    ("no argument", lambda b: b.awaits("b")(cast("Any", takes_nothing)), "b", "accept one"),
    ("not a function", lambda b: b.awaits("b")(cast("Any", 7)), "b", "7 is not a function"),
    ("a misspelt setting", misspelt, "b", "timout= is not a setting; the settings are debounce"),
    ("timeout= alone", lambda b: b.awaits("b", timeout=HOUR), "b", "on_timeout= need each other"),
    ("nudge= alone", lambda b: b.awaits("b", nudge="Hm?"), "b", "nudge_after= and nudge= need"),
    ("no time", lambda b: b.awaits("b", nudge_after=-HOUR, nudge=""), "b", "must be positive"),
    ("long", lambda b: b.awaits("b", debounce=Join(90)), "b", "more than 0 and up to 0:01"),
    ("tries= alone", asks(into="n", then="b", tries=3), "b", "give_up= is the next state"),
    ("give_up= unknown", asks(into="n", then="b", tries=3, give_up="c"), "b", "give_up='c'"),
    ("tries=0", asks(tries=0, give_up="start"), "b", "tries=0 must be 1 or more"),
    ("an answer to nowhere", asks(into="n"), "b", "neither then= nor a function"),
    ("an answer that is lost", asks(then="start"), "b", "neither into= nor a function"),
    ("no reader", lambda b: b.asks("b", "?", cast("Any", Email)), "b", "use one such as Email()"),
    ("into= no field", no_field, "start", "into='gone' is not a field of Order; add it"),
    ("data does not fit", old_data, "start", "add migrate= to Bot(), a"),
    ("data is not JSON", not_json, "b", "turn.data['when'] is a datetime, which is not JSON"),
    ("a flow twice", with_flow(lambda b: b.include(a_flow())), "", "included twice"),
    ("a flow never called", with_flow(lambda _b: 0), "flow.x", "is never called; return turn.call"),
    (
        "a flow never done",
        with_flow(commanded(calls), a_flow(handler=stays)),
        "flow.x",
        "never ends; return turn.done() where it is complete",
    ),
    ("a flow's start", with_flow(lambda _b: 0, a_flow("y")), "", "its states are flow.x"),
    ("into a flow, no call", with_flow(commanded(enters_a_flow)), "", "turn.call("),
    ("a flow as a state", with_flow(commanded(names_a_flow)), "", "return turn.c"),
    ("a flow not included", commanded(calls_a_stranger), "", "include() it first"),
    ("call(then=) unknown", with_flow(commanded(calls_wrongly)), "", "then='nowhere'"),
    ("done() outside a flow", commanded(ends_a_flow), "", "return the name of the n"),
    ("done() uncalled", lonely_done, "flow.x", "enter these states with turn.call(flow, then="),
    ("flow and state of a name", with_flow(lambda b: b.awaits("flow")(stays)), "flow", "rename"),
    ("renamed to nothing", lambda b: b.renamed("old", "gone"), "", "'gone' is not a state;"),
    ("renamed, still there", lambda b: b.renamed("start", "b"), "", "delete this line, or the"),
    ("a command no bot hears", lambda b: b.command("stop")(stays), "", "choose another word"),
    ("expires_after= negative", negative, "", "must be positive"),
    *wrong_kinds.MISTAKES,
]  # fmt: skip
