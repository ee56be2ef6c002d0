"""The actions of a script and the text of a reply, which tester, fuzzing and replay share."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from pipeline.botkit.content.choices import normalize
from pipeline.botkit.testing.session import Talk
from pipeline.conversation.turns import Choice, Reply
from pipeline.errors import ParleyError
from pipeline.messages import Location
from pipeline.suggestions import did_you_mean

_UNITS = {"d": "days", "h": "hours", "min": "minutes", "s": "seconds"}
_DURATION = re.compile(r"(\d+)\s*(d|h|min|s)\b")
_PLACE = re.compile(r"(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*(.*)")


class InvalidLine(ParleyError):
    """A line of a script that cannot be performed."""


def perform(talk: Talk, verb: str, text: str) -> None:
    """Do what a line says. Raises InvalidLine that says what is wrong with it."""
    ACTIONS[verb](talk, text)


def tap(talk: Talk, wanted: str) -> None:
    """Tap a choice by its id or title; by SMS, which has no taps, send its number."""
    choice = find_choice(talk, wanted)
    if talk.channel == "sms":
        talk.hear(str(choice.number))
    else:
        talk.hear(choice.title, button=choice.id)


def find_choice(talk: Talk, wanted: str) -> Choice:
    """The choice with this id or title. Raises InvalidLine that lists the choices."""
    by_id = [choice for choice in talk.choices if choice.id == wanted]
    by_title = [choice for choice in talk.choices if normalize(choice.title) == normalize(wanted)]
    for choice in [*by_id, *by_title]:
        return choice
    known = ", ".join(f"{choice.id} ({choice.title})" for choice in talk.choices)
    raise InvalidLine(f"no choice is called {wanted!r}; offered: {known or 'nothing'}")


def reply_text(reply: Reply) -> str:
    """A reply as text: its files, its body, and what can be tapped."""
    lines = [f"[{url}]" for url in reply.media_urls]
    lines += [reply.body] if reply.body or not lines else []
    content = reply.content
    if "taps" in content:
        lines += [f"[{choice['title']}]" for choice in content.get("choices", ())]
    if content.get("taps") == "link":
        lines += [f"[{content['link']['title']}] {content['link']['url']}"]
    return "\n".join(lines)


def parse_duration(text: str) -> timedelta:
    """`1 h 30 min` as a duration. Raises InvalidLine."""
    found = _DURATION.findall(text)
    if not found or _DURATION.sub("", text).strip():
        raise InvalidLine(f"{text!r} is not a duration; use one such as 30 min, 2 h or 1 d 12 h")
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in found), timedelta())


def _file(talk: Talk, text: str) -> None:
    url, _, caption = text.partition(" ")
    talk.hear(caption, media=_address(url))


def _card(talk: Talk, text: str) -> None:
    talk.hear(card=_address(text))


def _address(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise InvalidLine(f"a file needs an http(s) URL, not {url!r}")
    return url


def _place(talk: Talk, text: str) -> None:
    found = _PLACE.fullmatch(text)
    if not found:
        raise InvalidLine(f"{text!r} is not a location; use one such as 52.52, 13.40 Berlin")
    talk.hear(location=Location(float(found[1]), float(found[2]), found[3]))


def _fill(talk: Talk, text: str) -> None:
    try:
        answers = json.loads(text)
    except ValueError:
        answers = None
    if not isinstance(answers, dict):
        raise InvalidLine(f'{text!r} is not a JSON object; use one such as {{"size": "M"}}')
    talk.fill(answers)


def _wait(talk: Talk, text: str) -> None:
    talk.wait(parse_duration(text))


def _enter(talk: Talk, text: str) -> None:
    if text not in talk.bot.states:
        known = ", ".join(talk.bot.states)
        like = did_you_mean(text, talk.bot.states)
        raise InvalidLine(f"{talk.bot.name} has no state {text!r}; it has: {known}{like}")
    talk.enter(text)


def _take_over(talk: Talk, text: str) -> None:
    minutes = parse_duration(text).total_seconds() / 60 if text else None
    talk.take_over(int(minutes) if minutes is not None else None)


def _restart(talk: Talk, _text: str) -> None:
    talk.restart()


def _hand_back(talk: Talk, _text: str) -> None:
    talk.release()


ACTIONS: Mapping[str, Callable[[Talk, str], None]] = {
    ">": Talk.hear,
    "tap": tap,
    "file": _file,
    "card": _card,
    "place": _place,
    "react": Talk.react,
    "fill": _fill,
    "wait": _wait,
    "enter": _enter,
    "taken over": _take_over,
    "restarted": _restart,
    "handed back": _hand_back,
    "given back": _hand_back,
}
