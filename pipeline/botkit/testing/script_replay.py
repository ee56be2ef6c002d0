"""Replays a script (script.py), and rewrites it from what the bot says now."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.botkit.bot import Bot
from pipeline.botkit.situation import ContactView
from pipeline.botkit.testing import script_lines
from pipeline.botkit.testing.differences import diff
from pipeline.botkit.testing.script import Script, ScriptLine, ScriptStep
from pipeline.botkit.testing.session import Talk
from pipeline.botkit.testing.tester import OPENING, PHONE
from pipeline.conversation.turns import Reply
from pipeline.errors import BotError
from pipeline.messages import Channel

# State, hand-over reason and whether the conversation has ended.
_Before = tuple[str, str | None, bool]


class ScriptMismatch(AssertionError):
    """The bot did not do what the script says; the message starts with file and line."""


def replay(script: Script, bot: Bot, channel: Channel, file: str) -> None:
    """Run the script. Raises ScriptMismatch at the first difference."""
    talk = _start(script, bot, channel)
    for step in script.steps:
        _perform(talk, step.action, file)
        said = [line for line in step.checks if line.verb == "<"]
        _compare(said, talk.replies, file, step.action.number)
        for check in step.checks:
            if problem := _problem(talk, check):
                raise ScriptMismatch(f"{file}:{check.number}: {problem}")


def rewrite(script: Script, bot: Bot, channel: Channel, file: str) -> str:
    """The file with what the bot says and does now. Raises ScriptMismatch if a line fails."""
    talk = _start(script, bot, channel)
    steps = []
    for step in script.steps:
        before = (talk.state, talk.hand_over, talk.is_ended)
        _perform(talk, step.action, file)
        steps.append(ScriptStep(step.action, [*_replies(talk, step), *_facts(talk, step, before)]))
    return replace(script, steps=steps).text()


def matches(expected: str, said: str) -> bool:
    """Whether a reply is as expected; a "…" at the end matches any rest."""
    expected, found = _trim(expected), _trim(said)
    return found == expected or (expected.endswith("…") and found.startswith(expected[:-1]))


def _start(script: Script, bot: Bot, channel: Channel) -> Talk:
    contact = ContactView("contact", PHONE, script.name)
    return Talk(bot, channel=channel, contact=contact, now=script.now or OPENING)


def _perform(talk: Talk, action: ScriptLine, file: str) -> None:
    try:
        script_lines.perform(talk, action.verb, action.text)
    except (script_lines.InvalidLine, BotError) as error:
        raise ScriptMismatch(f"{file}:{action.number}: {error}") from error


def _compare(
    expected: Sequence[ScriptLine], replies: Sequence[Reply], file: str, number: int
) -> None:
    for line, reply in zip(expected, replies, strict=False):
        said = script_lines.reply_text(reply)
        if not matches(line.text, said):
            parted = diff(_trim(line.text), _trim(said))
            raise ScriptMismatch(f"{file}:{line.number}: the bot said something else:\n{parted}")
    if len(expected) > len(replies):
        line = expected[len(replies)]
        what = f"the bot said nothing more; expected\n  {line}"
        raise ScriptMismatch(f"{file}:{line.number}: {what}")
    if len(expected) < len(replies):
        more = ScriptLine(0, "<", script_lines.reply_text(replies[len(expected)]))
        last = expected[-1].number if expected else number
        raise ScriptMismatch(f"{file}:{last}: after this the bot also said\n  {more}")


def _problem(talk: Talk, check: ScriptLine) -> str:
    """What differs from the line; "" for nothing."""
    if check.verb == "state" and check.text not in {talk.state, *talk.passed}:
        return f"the state is {talk.state!r}, not {check.text!r}"
    if check.verb == "ended" and not talk.is_ended:
        return "the bot did not end the conversation"
    if check.verb == "not sent":
        return _all_sent(talk, check.text)
    if check.verb == "handed over":
        return _no_hand_over(talk, check.text)
    return _wrong_data(talk, check.text) if check.verb == "data" else ""


def _all_sent(talk: Talk, expected: str) -> str:
    reasons = [why for _, why in talk.phone.unsent]
    if not reasons or any(not expected or matches(expected, why) for why in reasons):
        return "" if reasons else "every reply was sent"
    return f"not sent: {reasons[0]!r}, not {expected!r}"


def _no_hand_over(talk: Talk, reason: str) -> str:
    if talk.hand_over is None:
        return "the bot did not hand over"
    is_same = not reason or matches(reason, talk.hand_over)
    return "" if is_same else f"the bot handed over for {talk.hand_over!r}, not {reason!r}"


def _wrong_data(talk: Talk, text: str) -> str:
    key, _, expected = (part.strip() for part in text.partition("="))
    try:
        value = json.loads(expected)
    except ValueError:
        return f'{expected!r} is not JSON; write it as data {key} = "Ada"'
    if key not in talk.data:
        return f"data has no {key!r}; it has: {', '.join(talk.data) or 'nothing'}"
    found = talk.data[key]
    return "" if found == value else f"data[{key!r}] is {_json(found)}, not {_json(value)}"


def _replies(talk: Talk, step: ScriptStep) -> Iterator[ScriptLine]:
    """A line for each reply: the old line if it still matches."""
    old = [line for line in step.checks if line.verb == "<"]
    for position, reply in enumerate(talk.replies):
        before = old[position] if position < len(old) else ScriptLine(0, "<", "")
        said = script_lines.reply_text(reply)
        is_right = before.number and matches(before.text, said)
        yield before if is_right else ScriptLine(0, "<", _trim(said), before.above)


def _facts(talk: Talk, step: ScriptStep, before: _Before) -> Iterator[ScriptLine]:
    """The other checks, corrected, and new ones for what they do not cover."""
    checks = [line for line in step.checks if line.verb != "<"]
    known_verbs = {line.verb for line in checks}
    for line in checks:
        corrected = line if not _problem(talk, line) else _correct(talk, line)
        yield from [corrected] if corrected else []
    state, hand_over, is_ended = before
    if talk.hand_over not in {None, hand_over} and "handed over" not in known_verbs:
        yield ScriptLine(0, "handed over", talk.hand_over or "")
    if talk.phone.unsent and "not sent" not in known_verbs:
        yield ScriptLine(0, "not sent", talk.phone.unsent[0][1])
    if talk.is_ended and not is_ended and "ended" not in known_verbs:
        yield ScriptLine(0, "ended", "")
    if talk.state != state and "state" not in known_verbs:
        yield ScriptLine(0, "state", talk.state)


def _correct(talk: Talk, line: ScriptLine) -> ScriptLine | None:
    """The line with what is true now, or None if nothing is."""
    if line.verb == "state":
        return replace(line, text=talk.state)
    if line.verb == "handed over" and talk.hand_over is not None:
        return replace(line, text=talk.hand_over)
    if line.verb == "not sent" and talk.phone.unsent:
        return replace(line, text=talk.phone.unsent[0][1])
    key = line.text.partition("=")[0].strip()
    if line.verb == "data" and key in talk.data:
        return replace(line, text=f"{key} = {_json(talk.data[key])}")
    return None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _trim(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
