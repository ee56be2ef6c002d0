"""Whole talks as text files (`*.talk`), which pytest replays (see pytest_plugin.py).

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

The header names the bot and, where they matter, the channels (default sms), the contact's name and
the moment it begins (`now: 2030-01-07 09:00`). Then come lines of what happens:

    > TEXT                      the contact writes
    tap ID or TITLE             picks what was offered; by SMS, by its number
    file URL CAPTION            sends a file
    card URL                    sends a contact card
    place 52.52, 13.40 LABEL    shares a place
    wait 1 h 30 min             time goes by; what falls due runs
    enter STATE                 an operator sets the state
    given back                  an operator gives the talk back to the bot

Under each stand all its replies in order (`< TEXT`, "…" at the end for any rest; `[URL]` for a
file, `[Title]` for a tap) and, as far as wished, what else is so afterwards:

    state STATE                 it rests there, or this SEND-state ran
    handed over: REASON         the bot asked for a human
    ended                       the bot closed the conversation
    data KEY = JSON             a value of the conversation's data

A line that begins with two spaces goes on with the one above. White space at the end of lines does
not count.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipeline.botkit.testing.script_lines import ACTIONS
from pipeline.errors import ParleyError
from pipeline.messages import Channel

CHECKS = ("<", "state", "handed over", "ended", "data")
_HEADERS = ("bot", "channel", "name", "now")
_HEADER = re.compile(r"(\w+):(?:\s+(.*))?")
_ALONE = frozenset({"ended", "given back"})
_INDENT = "  "


class ScriptError(ParleyError):
    """A file of a talk that cannot be read; the message says where and why."""


@dataclass(slots=True)
class ScriptLine:
    """What one line says, with those that go on with it; `above` are comments and blank lines."""

    number: int
    verb: str
    words: str
    above: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        mark = "" if not self.words else ": " if self.verb == "handed over" else " "
        return _indented(self.verb + mark + self.words)


@dataclass(slots=True)
class ScriptStep:
    """Something that happens, and what is so afterwards."""

    action: ScriptLine
    checks: list[ScriptLine] = field(default_factory=list)


@dataclass(slots=True)
class Script:
    """A file as it was read; `top` is its header as written, `below` what stands after all."""

    bot: str
    channels: tuple[Channel, ...]
    name: str
    now: datetime | None
    top: list[str]
    steps: list[ScriptStep]
    below: list[str]

    def text(self) -> str:
        """The file again."""
        written = list(self.top)
        for step in self.steps:
            for line in (step.action, *step.checks):
                written += [*line.above, str(line)]
        return "\n".join([*written, *self.below]).rstrip() + "\n"


def parse(text: str, file: str) -> Script:
    """The talk in a file. Raises ScriptError."""
    top, header, rest = _top(text.splitlines(), file)
    read = _Parser(file)
    for number, raw in rest:
        read.take(number, raw.rstrip())
    if not read.steps:
        raise ScriptError(f"{file}:1: no talk; a line begins with {_listed(ACTIONS)}")
    return Script(
        bot=header["bot"],
        channels=_channels(header.get("channel", "sms"), file),
        name=header.get("name", ""),
        now=_moment(header["now"], file) if "now" in header else None,
        top=top,
        steps=read.steps,
        below=read.above,
    )


class _Parser:
    """Gathers the steps, line by line."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.steps: list[ScriptStep] = []
        self.above: list[str] = []
        self._last: ScriptLine | None = None

    def take(self, number: int, raw: str) -> None:
        if not raw or raw.startswith("#"):
            self.above.append(raw)
        elif raw.startswith(_INDENT):
            self._go_on(number, raw[len(_INDENT) :])
        else:
            self._begin(number, raw)

    def _go_on(self, number: int, words: str) -> None:
        # Blank lines inside a text are part of it; nothing else may stand there.
        if self._last is None or any(self.above):
            raise self._error(number, "begins with two spaces, but there is no line to go on with")
        self._last.words += "\n" * (len(self.above) + 1) + words
        self.above = []

    def _begin(self, number: int, raw: str) -> None:
        verb, words = _split(raw)
        line = self._last = ScriptLine(number, verb, words, self.above)
        self.above = []
        if verb in ACTIONS:
            self.steps.append(ScriptStep(line))
        elif verb not in CHECKS:
            known = _listed((*ACTIONS, *CHECKS))
            raise self._error(number, f"{raw!r} is no line of a talk; one begins with {known}")
        elif not self.steps:
            raise self._error(number, "nothing has happened yet; a talk begins with >")
        else:
            self.steps[-1].checks.append(line)
        if verb in _ALONE and words:
            raise self._error(number, f"{verb!r} stands alone on its line")
        if not words and verb not in {*_ALONE, ">", "<", "handed over"}:
            raise self._error(number, f"{verb!r} needs something after it")

    def _error(self, number: int, what: str) -> ScriptError:
        return ScriptError(f"{self._file}:{number}: {what}")


def _split(raw: str) -> tuple[str, str]:
    """The verb of a line and the rest; the first word where that is no verb."""
    for verb in (*ACTIONS, *CHECKS):
        rest = raw.removeprefix(verb)
        if rest != raw and (verb in "<>" or not rest or rest[0] in " :"):
            is_reason = verb == "handed over" and rest.startswith(":")
            return verb, rest[1:].strip() if is_reason else rest.removeprefix(" ")
    verb, _, words = raw.partition(" ")
    return verb, words


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
                f"{file}:{number}: {found[1]!r} is no header; they are {_listed(_HEADERS)}"
            )
        elif raw.strip() and not raw.startswith("#"):
            break
    if not values.get("bot"):
        raise ScriptError(f"{file}:1: no bot; the header needs a line as bot: bots.template:bot")
    return list(raws[:end]), values, list(enumerate(raws, 1))[end:]


def _channels(words: str, file: str) -> tuple[Channel, ...]:
    found: list[Channel] = []
    for word in words.replace(",", " ").split():
        if word not in {"sms", "whatsapp"}:
            raise ScriptError(f"{file}:1: {word!r} is no channel; they are sms and whatsapp")
        found.append("sms" if word == "sms" else "whatsapp")
    return tuple(dict.fromkeys(found)) or ("sms",)


def _moment(words: str, file: str) -> datetime:
    try:
        found = datetime.fromisoformat(words)
    except ValueError as error:
        raise ScriptError(f"{file}:1: {words!r} is no moment, as 2030-01-07 09:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _indented(words: str) -> str:
    first, *others = words.split("\n")
    return "\n".join([first.rstrip(), *(f"{_INDENT}{line}".rstrip() for line in others)])


def _listed(words: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(words)
