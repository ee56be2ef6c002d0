"""Fuzzing: random conversations with a bot. Needs hypothesis, which only tests install.

    from hypothesis import given
    from pipeline.botkit.testing.fuzzing import FuzzRun, fuzz

    @given(fuzz(bot))
    def test_fuzzing_never_breaks_the_bot(run: FuzzRun) -> None:
        run.check()

A run sends texts, numbers and the texts in the bot's code, taps what is offered, sends files,
contact cards and locations, lets time pass and lets an operator hand back, on both channels.
`check` fails when a handler raises, when SEND-states loop, and at a dead end: a state where nothing
the contact does is answered or leads on. The failure message is a `.talk` script that pytest
replays.
"""

import copy
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import CodeType, FunctionType

from hypothesis import strategies as st

from pipeline.botkit.bot import Bot
from pipeline.botkit.definition import Handler
from pipeline.botkit.situation import ContactView
from pipeline.botkit.testing import script_lines
from pipeline.botkit.testing.script import ScriptLine
from pipeline.botkit.testing.session import Talk
from pipeline.botkit.testing.tester import CHANNELS, OPENING, PHONE
from pipeline.errors import BotError
from pipeline.messages import Channel

MOST_STEPS = 15
_URL = "https://example.com/photo.jpg"
_TEXTS = (
    *("hi", "yes", "no", "1", "2", "3", "11", "0", "help", "menu", "", " ", "?"),
    *("Ada Lovelace", "ada@example.com", "+12025550123", "2030-06-24", "2030-02-30", "24.06.2030"),
    *("\U0001f469\U0001f3fd\u200d\U0001f680", "\u0661", "\u0130I\u0131", "x" * 2000),
)
_OTHERS = (
    *((">", text) for text in ("", "1")),
    *(("file", _URL), ("file", f"{_URL} look at this"), ("card", "https://example.com/ada.vcf")),
    ("place", "52.52, 13.40 Berlin"),
    *(("wait", text) for text in ("1 min", "30 min", "2 h", "1 d", "8 d", "60 d")),
)
_Action = tuple[str, str]


@dataclass(slots=True)
class FuzzRun:
    """A random conversation, and what went wrong in it."""

    talk: Talk
    _written: list[str] = field(default_factory=list)
    _problem: str = ""

    def check(self) -> None:
        """Raise AssertionError with the script of the conversation if something went wrong."""
        __tracebackhide__ = True
        problem = self._problem or _dead_end(self.talk)
        if problem:
            raise AssertionError(f"{problem}\n\n{self}")

    def act(self, verb: str, text: str) -> bool:
        """Do one thing; False if the bot failed, which ends the run."""
        self._written.append(str(ScriptLine(0, verb, text)))
        before = self.talk.state
        try:
            script_lines.perform(self.talk, verb, text)
        except BotError as error:
            self._problem = str(error)
            return False
        for reply in self.talk.replies:
            self._written.append(str(ScriptLine(0, "<", script_lines.reply_text(reply))))
        if self.talk.state != before:
            self._written.append(f"state {self.talk.state}")
        return True

    def __str__(self) -> str:
        bot, channel = _address(self.talk.bot), self.talk.channel
        return "\n".join([f"bot: {bot}", f"channel: {channel}", "", *self._written])

    __repr__ = __str__


@st.composite
def fuzz(
    draw: st.DrawFn,
    bot: Bot,
    *,
    texts: Sequence[str] = (),
    channels: Sequence[Channel] = CHANNELS,
    most_steps: int = MOST_STEPS,
) -> FuzzRun:
    """A strategy for runs with `bot`; `texts` are more texts that a contact might send."""
    said = st.sampled_from(list(dict.fromkeys([*texts, *_texts_of(bot), *_TEXTS])))
    channel = draw(st.sampled_from(list(channels)))
    run = FuzzRun(Talk(bot, channel=channel, contact=ContactView("fuzz", PHONE), now=OPENING))
    for _ in range(draw(st.integers(1, most_steps))):
        if not run.act(*draw(_next(run.talk, said))):
            break
    return run


# Deprecated: the names of these before this release.
Walk, walks = FuzzRun, fuzz


def _next(talk: Talk, said: st.SearchStrategy[str]) -> st.SearchStrategy[_Action]:
    """A strategy for what happens next."""
    if talk.hand_over is not None:
        return st.sampled_from([("handed back", ""), (">", "hello?"), ("wait", "1 d")])
    written = (said | st.text(max_size=30)).map(_one_line)
    # Nothing can time out before the contact has written once.
    others = [move for move in _OTHERS if talk.past or move[0] != "wait"]
    moves = [written.map(lambda text: (">", text)), st.sampled_from(others)]
    if talk.choices:
        moves.append(st.sampled_from([("tap", choice.id) for choice in talk.choices]))
    return st.one_of(moves)


def _one_line(text: str) -> str:
    """The text on one line, as a script needs it."""
    return " ".join(text.split())


def _dead_end(talk: Talk) -> str:
    """What is wrong in the state where the run stopped; "" if nothing."""
    if talk.is_ended or talk.is_opted_out or talk.hand_over is not None:
        return ""
    texts = [*_texts_of(talk.bot), *_TEXTS]
    tries = [*((">", _one_line(text)) for text in texts), *_OTHERS]
    tries += [("tap", choice.id) for choice in talk.choices]
    if any(_has_effect(talk, move) for move in tries):
        return ""
    return (
        f'bot "{talk.bot.name}", state "{talk.state}": a dead end: nothing that the contact does '
        f"gets a reply or changes the state ({len(tries)} things tried)"
    )


def _has_effect(talk: Talk, move: _Action) -> bool:
    trial = copy.deepcopy(talk, {id(talk.bot): talk.bot})
    try:
        script_lines.perform(trial, *move)
    except BotError:
        return True  # its own failure, which another run finds
    is_elsewhere = trial.state != talk.state or trial.is_ended or trial.hand_over is not None
    # STOP and HELP are answered in every state, and lead nowhere.
    return (bool(trial.replies) and not trial.was_consent) or is_elsewhere


def _texts_of(bot: Bot) -> list[str]:
    """The texts in the bot's code: commands, and all short texts in its handlers."""
    definition = bot.definition
    handlers: list[Handler] = [*definition.states.values(), *definition.anywhere]
    found = [*definition.commands]
    for handler in handlers:
        found += _texts_in(handler.function, handler.file, set())
    return [text for text in dict.fromkeys(map(_one_line, found)) if 0 < len(text) <= 40]


def _texts_in(function: object, file: str, seen: set[object]) -> Iterator[str]:
    """The texts in a function, and in functions of the same file that it calls by name."""
    if not isinstance(function, FunctionType) or function in seen:
        return
    seen.add(function)
    if function.__code__.co_filename != file:
        return
    yield from _constants(function.__code__)
    for name in function.__code__.co_names:
        yield from _texts_in(function.__globals__.get(name), file, seen)


def _constants(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        for value in constant if isinstance(constant, tuple | frozenset) else (constant,):
            if isinstance(value, str):
                yield value
        if isinstance(constant, CodeType):
            yield from _constants(constant)


def _address(bot: Bot) -> str:
    """The bot's path as module:name, or its name if no module has it."""
    for module_name, module in list(sys.modules.items()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is bot and module_name != "__main__":
                return f"{module_name}:{name}"
    return bot.name
