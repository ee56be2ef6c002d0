"""Mistakes of authors: values of a wrong type, wrong returns, contents and misspelt states."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from pipeline.botkit import Bot, Buttons, Flow, Join, Menu, Number, Row, Turn
from pipeline.errors import BotError

HOUR: Any = timedelta(hours=1)
DONE = True
LONG = "A title that is far too long for a row of a list"
_DURATION = "must be a timedelta, such as timedelta(minutes=30)"


def awaits(**settings: Any) -> Callable[[Bot], object]:
    return lambda bot: bot.awaits("b", **settings)(stays)


def asks(**settings: Any) -> Callable[[Bot], object]:
    return lambda bot: bot.asks("b", **{"question": "?", "reader": Number(), **settings})


def bot_with(**settings: Any) -> Callable[[Bot], object]:
    return lambda _bot: Bot(**{"name": "tested", "start": "start", **settings})


def handled_by(handler: Any) -> Callable[[Bot], object]:
    return lambda bot: bot.awaits("b")(handler)


def stays(turn: Turn) -> None:
    turn.say("fine")


def returns_true(turn: Turn) -> Any:
    turn.say("fine")
    return True


async def returns_a_number(turn: Turn) -> Any:
    return 7 if turn.says("x") else None


def returns_a_list(_turn: Turn) -> Any:
    return ["start"]


def returns_a_global(_turn: Turn) -> Any:
    return DONE


def returns_a_comparison(turn: Turn) -> Any:
    return turn.message.text == "x"


def returns_false_or_a_state(turn: Turn) -> Any:
    return turn.says("x") and "start"


def returns_a_tuple_from_an_answer(_turn: Turn, _value: Any) -> Any:
    return "start", 1


def yields(turn: Turn) -> Iterator[str]:
    turn.say("fine")
    yield "start"


def long_row(turn: Turn) -> None:
    turn.say("Which?", Menu({"a": "A title that is far too long for a row of a list"}))


def long_row_by_name(turn: Turn) -> None:
    turn.say("Which?", Menu({"Section": {"a": Row(LONG, "with a text")}}, button="Pick"))


def long_button(turn: Turn) -> None:
    turn.say("Which?", Menu({"a": "Tea"}, button="Choose one of our fine teas"))


def too_many(turn: Turn) -> None:
    turn.say("Which?", Buttons(a="a", b="b", c="c", d="d", e="e", f="f", g="g", h="h", i="i",
                               j="j", k="k"))  # fmt: skip


def the_same_title(turn: Turn) -> None:
    turn.say("Which?", Buttons(a="Yes", b="yes"))


def says_it_elsewhere(turn: Turn) -> None:
    long_row(turn)


def misspells(_turn: Turn) -> str:
    return "hme"


def reminds(turn: Turn) -> None:
    turn.remind(HOUR, "hoome")


def reminds_in_seconds(turn: Turn) -> None:
    turn.remind(30, "home")  # type: ignore[arg-type]  # the mistake


def in_a_flow(bot: Bot) -> None:
    flow = Flow("flow", start="street")
    flow.awaits("street")(lambda turn: turn.done(1))
    bot.include(flow)
    bot.command("go")(lambda turn: turn.call("flow", then="start"))
    bot.awaits("b", to="stret")(stays)


def misspelt_start(_bot: Bot) -> None:
    bot = Bot("tested", start="strat")
    bot.awaits("start")(stays)
    raise BotError("\n".join(problem.text for problem in bot.check()))


# What, how, the state it is about ("" for none), and words of the remedy.
MISTAKES: list[tuple[str, Callable[[Any], object], str, str]] = [
    ("timeout= a number", awaits(timeout=30, on_timeout="home"), "b", f"timeout=30 {_DURATION}"),
    ("timeout= None", awaits(timeout=None, on_timeout="home"), "b", f"timeout=None {_DURATION}"),
    (
        "timeout= a text",
        awaits(timeout="1 h", on_timeout="home"),
        "b",
        f"timeout='1 h' {_DURATION}",
    ),
    ("timeout= of a question", asks(timeout=5, on_timeout="home"), "b", f"timeout=5 {_DURATION}"),
    (
        "nudge_after= a number",
        awaits(nudge_after=1.5, nudge="Hm?"),
        "b",
        f"nudge_after=1.5 {_DURATION}",
    ),
    ("nudge= a number", awaits(nudge_after=HOUR, nudge=7), "b", "nudge= accepts text, Image"),
    (
        "nudge= no argument",
        awaits(nudge_after=HOUR, nudge=lambda: ""),
        "b",
        "must accept one argument",
    ),
    (
        "on_timeout= a time",
        awaits(timeout=HOUR, on_timeout=HOUR),
        "b",
        "must be the name of a state",
    ),
    ("entry= a number", awaits(entry=7), "b", "entry= accepts text, Image"),
    ("entry= a list", awaits(entry=["Hi"]), "b", "a tuple of these, or a function of the turn"),
    ("entry= true", awaits(entry=True), "b", "of the turn, not True"),
    ("entry= a class", awaits(entry=Buttons), "b", "got the class Buttons; create one: Buttons(…)"),
    ("entry= empty", awaits(entry=" "), "b", "got an empty text"),
    ("entry= no argument", awaits(entry=lambda: "Hi"), "b", "must accept one argument, the turn"),
    (
        "a question of two arguments",
        asks(question=lambda _a, _b: ""),
        "b",
        "must accept one argument",
    ),
    ("a question that is none", asks(question=None), "b", "the question accepts text"),
    ("debounce= a text", awaits(debounce="each"), "b", "must be EACH, LAST or Join(seconds=2)"),
    ("debounce= a class", awaits(debounce=Join), "b", "must be EACH, LAST or Join(seconds=2)"),
    ("debounce= of a time", awaits(debounce=Join(HOUR)), "b", "must be a number"),
    ("to= a number", awaits(to=7), "b", "to= must be the names of states, not 7"),
    ("to= of numbers", awaits(to=[7]), "b", "to= must be the name of a state, not 7"),
    (
        "then= a number",
        lambda b: b.sends("b", then=7)(stays),
        "b",
        "must be the name of a state, not 7",
    ),
    ("into= a number", asks(into=7, then="home"), "b", "into=7 must be a text"),
    ("tries= a text", asks(tries="3", give_up="home"), "b", "tries='3' must be a whole number"),
    ("tries= true", asks(tries=True, give_up="home"), "b", "tries=True must be a whole number"),
    ("give_up= a number", asks(tries=3, give_up=3), "b", "must be the name of a state, not 3"),
    ("awaits without a name", lambda b: b.awaits(stays), "", 'as in awaits("welcome")'),
    ("sends a number", lambda b: b.sends(7), "", 'as in sends("welcome")'),
    ("command without a text", lambda b: b.command(stays), "", 'such as command("menu"), not <f'),
    ("include of a name", lambda b: b.include("flow"), "", "include() needs a Flow, not 'flow'"),
    ("renamed a number", lambda b: b.renamed("old", 7), "", "renamed(): new=7 must be a text"),
    ("expires_after= a number", bot_with(expires_after=24), "", f"expires_after=24 {_DURATION}"),
    ("start= a number", bot_with(start=1), "", "start=1 must be the name of a state"),
    ("start= none", bot_with(start=None), "", "start=None must be the name of a state"),
    ("choices_hint= none", bot_with(choices_hint=None), "", "choices_hint=None must be a text"),
    ("consent= a text", bot_with(consent="STOP"), "", "must be Consent(stop="),
    ("loop_guard= a number", bot_with(loop_guard=30), "", "such as (30, timedelta(seconds=60))"),
    ("loop_guard= of numbers", bot_with(loop_guard=(30, 60)), "", "and a positive time, such as"),
    ("data= an instance", bot_with(data={}), "", "must be a pydantic model or a dataclass"),
    (
        "migrate= a dict",
        bot_with(data=dict, migrate={}),
        "",
        "must be a function of the stored dict",
    ),
    (
        "a misspelt setting of a bot",
        bot_with(expire_after=HOUR),
        "",
        'did you mean "expires_after"?',
    ),
    ("return True", handled_by(returns_true), "b", "returns True; return the name of the next"),
    ("return 7", handled_by(returns_a_number), "b", "returns 7; return the name of the next"),
    ("return a list", handled_by(returns_a_list), "b", "returns ['start']; return the name"),
    ("return a global", handled_by(returns_a_global), "b", "returns DONE; return the name of the"),
    ("return a == b", handled_by(returns_a_comparison), "b", "== 'x'; return the name of the next"),
    ("return a and b", handled_by(returns_false_or_a_state), "b", "returns turn.says('x'); return"),
    (
        "an answer's tuple",
        lambda b: b.asks("b", "?", Number())(returns_a_tuple_from_an_answer),
        "b",
        "returns ('start', 1); return",
    ),
    ("a yield", handled_by(yields), "b", "yields() has a yield, so it would never run"),
    ("a long row", handled_by(long_row), "b", "the title of row 1 of a Menu has 48 characters; 24"),
    ("a long row by name", handled_by(long_row_by_name), "b", "row 1 of a Menu has 48 characters"),
    ("a long button", handled_by(long_button), "b", "the button of a Menu has 27 characters; 20"),
    ("a long row elsewhere", handled_by(says_it_elsewhere), "b", "row 1 of a Menu has 48 charact"),
    ("a long row in an entry", awaits(entry=long_row), "b", "row 1 of a Menu has 48 characters"),
    ("eleven buttons", handled_by(too_many), "b", "1 to 10 choices, not 11"),
    ("two of a title", handled_by(the_same_title), "b", "have the same title"),
    ("a misspelt return", handled_by(misspells), "b", 'did you mean "home"?'),
    ("a misspelt to=", awaits(to="hom"), "b", 'did you mean "home"?'),
    ("a misspelt reminder", handled_by(reminds), "b", 'did you mean "home"?'),
    ("a misspelt start", misspelt_start, "", 'did you mean "start"?'),
    ("a misspelt state of a flow", in_a_flow, "b", 'did you mean "flow.street"?'),
]
