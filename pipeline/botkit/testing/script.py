"""Scripts: conversations as text files (`*.talk`), which pytest replays (pytest_plugin.py).

    # A comment.
    bot: bots.template:bot
    channel: sms, whatsapp
    name: Ada

    > hi
    < Hi Ada! What can I do for you?

      1. Book a visit
      2. Get support
      Reply with a number.
    tap human
    state support

The header has the bot and, if you need them, the channels (default sms), the contact's name and the
time of the start, in the bot's time zone (`now: 2030-01-07 09:00`). Then follow lines of what
happens:

    > TEXT                      the contact writes
    tap ID or TITLE             picks what was offered; by SMS, by its number
    file URL CAPTION            sends a file
    card URL                    sends a contact card
    place 52.52, 13.40 LABEL    shares a location
    react EMOJI                 reacts to the bot's last message
    fill {"size": "M"}           sends a form that they filled in (JSON)
    wait 1 h 30 min             time passes; timers that are due run
    enter STATE                 an operator sets the state
    taken over 30 min           an operator takes over, for so long or until they hand back
    restarted                   an operator restarts the conversation
    handed back                 an operator hands the conversation back ("given back" works too)

After each follow all its replies in order (`< TEXT`, "…" at the end for any rest; `[URL]` for a
file, `[Title]` for a tap) and any of these checks:

    state STATE                 this is the state, or this SEND-state ran
    handed over: REASON         the bot asked for a person
    not sent: REASON            a reply was not sent: the window is closed, or an opt-out
    ended                       the bot closed the conversation
    data KEY = JSON             a value of the conversation's data

A line that starts with two spaces continues the one above. White space at the end of lines is
ignored.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.botkit.testing.script_lines import ACTIONS
from pipeline.errors import ParleyError
from pipeline.messages import Channel

CHECKS = ("<", "state", "handed over", "not sent", "ended", "data")
_REASONS = ("handed over", "not sent")
_HEADERS = ("bot", "channel", "name", "now")
_HEADER = re.compile(r"(\w+):(?:\s+(.*))?")
_ALONE = frozenset({"ended", "given back", "handed back", "restarted"})
_INDENT = "  "


class ScriptError(ParleyError):
    """A script that cannot be read; the message says where and why."""


@dataclass(slots=True)
class ScriptLine:
    """A line with those that continue it; `above` are the comments and blank lines before it."""

    number: int
    verb: str
    text: str
    above: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        mark = "" if not self.text else ": " if self.verb in _REASONS else " "
        return _indent(self.verb + mark + self.text)


@dataclass(slots=True)
class ScriptStep:
    """Something that happens, and the checks that follow it."""

    action: ScriptLine
    checks: list[ScriptLine] = field(default_factory=list)


@dataclass(slots=True)
class Script:
    """A parsed file; `top` is its header, `below` the comments and blank lines at its end."""

    bot: str
    channels: tuple[Channel, ...]
    name: str
    now: datetime | None
    top: list[str]
    steps: list[ScriptStep]
    below: list[str]

    def text(self) -> str:
        """The text of the file."""
        written = list(self.top)
        for step in self.steps:
            for line in (step.action, *step.checks):
                written += [*line.above, str(line)]
        return "\n".join([*written, *self.below]).rstrip() + "\n"


def parse(text: str, file: str) -> Script:
    """The script in a file. Raises ScriptError."""
    top, header, rest = _top(text.splitlines(), file)
    parser = _Parser(file)
    for number, raw in rest:
        parser.add(number, raw.rstrip())
    if not parser.steps:
        raise ScriptError(f"{file}:1: no actions; add a line that starts with {_list(ACTIONS)}")
    return Script(
        bot=header["bot"],
        channels=_channels(header.get("channel", "sms"), file),
        name=header.get("name", ""),
        now=_moment(header["now"], file) if "now" in header else None,
        top=top,
        steps=parser.steps,
        below=parser.above,
    )


class _Parser:
    """Collects the steps, line by line."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.steps: list[ScriptStep] = []
        self.above: list[str] = []
        self._last: ScriptLine | None = None

    def add(self, number: int, raw: str) -> None:
        if not raw or raw.startswith("#"):
            self.above.append(raw)
        elif raw.startswith(_INDENT):
            self._go_on(number, raw[len(_INDENT) :])
        else:
            self._begin(number, raw)

    def _go_on(self, number: int, text: str) -> None:
        # Blank lines inside a text are part of it; comments are not allowed there.
        if self._last is None or any(self.above):
            raise self._error(number, "starts with two spaces, but there is no line to continue")
        self._last.text += "\n" * (len(self.above) + 1) + text
        self.above = []

    def _begin(self, number: int, raw: str) -> None:
        verb, text = _split(raw)
        line = self._last = ScriptLine(number, verb, text, self.above)
        self.above = []
        if verb in ACTIONS:
            self.steps.append(ScriptStep(line))
        elif verb not in CHECKS:
            known = _list((*ACTIONS, *CHECKS))
            raise self._error(number, f"{raw!r} is not a line of a script; start it with {known}")
        elif not self.steps:
            raise self._error(number, "nothing has happened yet; start with a line such as > hi")
        else:
            self.steps[-1].checks.append(line)
        if verb in _ALONE and text:
            raise self._error(number, f"{verb!r} must be alone on its line")
        if not text and verb not in {*_ALONE, *_REASONS, ">", "<", "taken over"}:
            raise self._error(number, f"{verb!r} needs something after it")

    def _error(self, number: int, what: str) -> ScriptError:
        return ScriptError(f"{self._file}:{number}: {what}")


def _split(raw: str) -> tuple[str, str]:
    """The verb of a line and the rest; the first word if it is not a verb."""
    for verb in (*ACTIONS, *CHECKS):
        rest = raw.removeprefix(verb)
        if rest != raw and (verb in "<>" or not rest or rest[0] in " :"):
            is_reason = verb in _REASONS and rest.startswith(":")
            return verb, rest[1:].strip() if is_reason else rest.removeprefix(" ")
    verb, _, text = raw.partition(" ")
    return verb, text


def _top(
    raws: Sequence[str], file: str
) -> tuple[list[str], Mapping[str, str], list[tuple[int, str]]]:
    """The header as written, its values, and the numbered lines after it."""
    values: dict[str, str] = {}
    end = 0
    for number, raw in enumerate(raws, 1):
        found = _HEADER.fullmatch(raw.strip())
        if found and found[1] in _HEADERS:
            values[found[1]] = found[2] or ""
            end = number
        elif found and found[1] not in CHECKS:
            raise ScriptError(
                f"{file}:{number}: {found[1]!r} is not a header; use {_list(_HEADERS)}"
            )
        elif raw.strip() and not raw.startswith("#"):
            break
    if not values.get("bot"):
        raise ScriptError(f"{file}:1: no bot; add a header such as bot: bots.template:bot")
    return list(raws[:end]), values, list(enumerate(raws, 1))[end:]


def _channels(text: str, file: str) -> tuple[Channel, ...]:
    found: list[Channel] = []
    for word in text.replace(",", " ").split():
        if word not in {"sms", "whatsapp"}:
            raise ScriptError(f"{file}:1: {word!r} is not a channel; use sms or whatsapp")
        found.append("sms" if word == "sms" else "whatsapp")
    return tuple(dict.fromkeys(found)) or ("sms",)


def _moment(text: str, file: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ScriptError(f"{file}:1: {text!r} is not a time such as 2030-01-07 09:00") from error
    return found


def _indent(text: str) -> str:
    first, *others = text.split("\n")
    return "\n".join([first.rstrip(), *(f"{_INDENT}{line}".rstrip() for line in others)])


def _list(text: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(text)
