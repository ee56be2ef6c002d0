"""Replays a script (script.py), and rewrites it from what the bot says now."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.botkit.bot import Bot
from pipeline.botkit.situation import ContactView
from pipeline.botkit.testing import script_lines
from pipeline.botkit.testing.script import Script, ScriptLine, ScriptStep
from pipeline.botkit.testing.session import Talk
from pipeline.botkit.testing.tester import OPENING, PHONE, difference
from pipeline.conversation.turns import Reply
from pipeline.errors import BotError
from pipeline.messages import Channel

# State, hand-over reason and whether the conversation has ended.
_Before = tuple[str, str | None, bool]


class ScriptMismatch(AssertionError):
    """The bot did not do what the file says; the message begins with file and line."""


def replay(script: Script, bot: Bot, channel: Channel, file: str) -> None:
    """Go through the talk. Raises ScriptMismatch at the first difference."""
    talk = _begun(script, bot, channel)
    for step in script.steps:
        _perform(talk, step.action, file)
        said = [line for line in step.checks if line.verb == "<"]
        _compare(said, talk.replies, file, step.action.number)
        for check in step.checks:
            if problem := _problem(talk, check):
                raise ScriptMismatch(f"{file}:{check.number}: {problem}")


def rewrite(script: Script, bot: Bot, channel: Channel, file: str) -> str:
    """The file with what the bot says and does now. Raises ScriptMismatch where it fails."""
    talk = _begun(script, bot, channel)
    steps = []
    for step in script.steps:
        before = (talk.state, talk.hand_over, talk.is_ended)
        _perform(talk, step.action, file)
        steps.append(ScriptStep(step.action, [*_replies(talk, step), *_facts(talk, step, before)]))
    return replace(script, steps=steps).text()


def matches(expected: str, said: str) -> bool:
    """Whether a reply is as expected; "…" at the end of that stands for any rest."""
    wanted, found = _trimmed(expected), _trimmed(said)
    return found == wanted or (wanted.endswith("…") and found.startswith(wanted[:-1]))


def _begun(script: Script, bot: Bot, channel: Channel) -> Talk:
    contact = ContactView("rehearsal", PHONE, script.name)
    return Talk(bot, channel=channel, contact=contact, now=script.now or OPENING)


def _perform(talk: Talk, action: ScriptLine, file: str) -> None:
    try:
        script_lines.perform(talk, action.verb, action.words)
    except (script_lines.InvalidLine, BotError) as error:
        raise ScriptMismatch(f"{file}:{action.number}: {error}") from error


def _compare(
    expected: Sequence[ScriptLine], replies: Sequence[Reply], file: str, number: int
) -> None:
    for line, reply in zip(expected, replies, strict=False):
        said = script_lines.reply_text(reply)
        if not matches(line.words, said):
            shown = difference(_trimmed(line.words), _trimmed(said))
            raise ScriptMismatch(f"{file}:{line.number}: the bot said something else:\n{shown}")
    if len(expected) > len(replies):
        line = expected[len(replies)]
        what = f"the bot said nothing more; expected\n  {line}"
        raise ScriptMismatch(f"{file}:{line.number}: {what}")
    if len(expected) < len(replies):
        more = ScriptLine(0, "<", script_lines.reply_text(replies[len(expected)]))
        last = expected[-1].number if expected else number
        raise ScriptMismatch(f"{file}:{last}: after this the bot also said\n  {more}")


def _problem(talk: Talk, check: ScriptLine) -> str:
    """What is not as the line says; "" for nothing."""
    if check.verb == "state" and check.words not in {talk.state, *talk.passed}:
        return f"the talk is in state {talk.state!r}, not {check.words!r}"
    if check.verb == "ended" and not talk.is_ended:
        return "the bot did not end the conversation"
    if check.verb == "handed over":
        return _no_hand_over(talk, check.words)
    return _wrong_data(talk, check.words) if check.verb == "data" else ""


def _no_hand_over(talk: Talk, reason: str) -> str:
    if talk.hand_over is None:
        return "the bot did not hand over"
    is_same = not reason or matches(reason, talk.hand_over)
    return "" if is_same else f"the bot handed over for {talk.hand_over!r}, not {reason!r}"


def _wrong_data(talk: Talk, words: str) -> str:
    key, _, wanted = (part.strip() for part in words.partition("="))
    try:
        value = json.loads(wanted)
    except ValueError:
        return f'{wanted!r} is no JSON; write it as data {key} = "Ada"'
    if key not in talk.data:
        return f"data has no {key!r}; it has: {', '.join(talk.data) or 'nothing'}"
    found = talk.data[key]
    return "" if found == value else f"data[{key!r}] is {_json(found)}, not {_json(value)}"


def _replies(talk: Talk, step: ScriptStep) -> Iterator[ScriptLine]:
    """A line for each reply: the old one where it is still right."""
    old = [line for line in step.checks if line.verb == "<"]
    for position, reply in enumerate(talk.replies):
        before = old[position] if position < len(old) else ScriptLine(0, "<", "")
        said = script_lines.reply_text(reply)
        is_right = before.number and matches(before.words, said)
        yield before if is_right else ScriptLine(0, "<", _trimmed(said), before.above)


def _facts(talk: Talk, step: ScriptStep, before: _Before) -> Iterator[ScriptLine]:
    """The other checks, mended; and what happened that none of them tells."""
    checks = [line for line in step.checks if line.verb != "<"]
    told = {line.verb for line in checks}
    for line in checks:
        mended = line if not _problem(talk, line) else _mended(talk, line)
        yield from [mended] if mended else []
    state, hand_over, is_ended = before
    if talk.hand_over not in {None, hand_over} and "handed over" not in told:
        yield ScriptLine(0, "handed over", talk.hand_over or "")
    if talk.is_ended and not is_ended and "ended" not in told:
        yield ScriptLine(0, "ended", "")
    if talk.state != state and "state" not in told:
        yield ScriptLine(0, "state", talk.state)


def _mended(talk: Talk, line: ScriptLine) -> ScriptLine | None:
    """The line as it is true now, or None if there is no such thing any more."""
    if line.verb == "state":
        return replace(line, words=talk.state)
    if line.verb == "handed over" and talk.hand_over is not None:
        return replace(line, words=talk.hand_over)
    key = line.words.partition("=")[0].strip()
    if line.verb == "data" and key in talk.data:
        return replace(line, words=f"{key} = {_json(talk.data[key])}")
    return None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
