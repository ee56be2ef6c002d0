"""Choices: Buttons and Menu, as taps where the channel has them, else as a numbered list.

A tap, the number or the title comes back as `turn.picked(id)` on every channel.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.botkit.content.choices import plain
from pipeline.botkit.content.replies import Screen, words
from pipeline.conversation.turns import Choice, Reply
from pipeline.errors import BotError
from pipeline.messages import storable

LIST_PAGE = "https://www.twilio.com/docs/content/twiliolist-picker"
# A list has ten rows; that page has the lengths too.
MOST_CHOICES = 10
LONGEST_ROW_TITLE = 24
LONGEST_DESCRIPTION = 72
LONGEST_ID = 200
# Without an approved template, three: https://www.twilio.com/docs/content/twilio-quick-reply
MOST_QUICK_REPLIES = 3
# How much fits on a button is WhatsApp's own limit, which Twilio's pages leave to it.
BUTTON_PAGE = "https://whatsapp.github.io/WhatsApp-Nodejs-SDK/api-reference/types/ButtonObject"
LONGEST_BUTTON = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a Menu: a title, and words that explain it."""

    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A choice with what stands beside it and over it in a list."""

    choice: Choice
    description: str = ""
    section: str = ""


class Buttons:
    """One to ten choices: `Buttons(join="Join", human="Talk to us")` or `Buttons({id: title})`.

    On WhatsApp up to three with short titles (20 characters) are buttons and more are a list, whose
    opener reads "Choose" (a Menu can name it). Titles over 72 characters become a numbered list
    there, as everything does by SMS.
    """

    __slots__ = ("choices",)

    def __init__(self, choices: Mapping[str, str] | None = None, /, **titles: str) -> None:
        offered = {**(choices or {}), **titles}
        if not 1 <= len(offered) <= MOST_CHOICES:
            raise BotError(f"Buttons takes 1 to {MOST_CHOICES} choices, not {len(offered)}")
        self.choices = tuple(
            choice_of(number, button_id, title)
            for number, (button_id, title) in enumerate(offered.items(), start=1)
        )
        refuse_same(self.choices, "Buttons")

    def rendered(self, above: str, screen: Screen) -> list[Reply]:
        """The text above with the choices under it."""
        return offer("buttons", above, screen, self.choices)


class Menu:
    """Up to ten rows under a button: `Menu({"mon": "Monday", "tue": Row("Tuesday", "till 8")})`.

    Rows may stand in sections: `Menu({"Morning": {"9": "9:00"}, "Evening": {"18": "18:00"}})`.
    `button` opens the list on WhatsApp. Twilio's list has no sections, so there a section's name
    stands beside each row that has no description; by SMS it is a heading.
    """

    __slots__ = ("button", "choices", "lines")

    def __init__(
        self, rows: Mapping[str, str | Row | Mapping[str, str | Row]], /, *, button: str = "Choose"
    ) -> None:
        self.button = words(button, "the button of a Menu", LONGEST_BUTTON, BUTTON_PAGE)
        found = list(_flat(rows))
        if not 1 <= len(found) <= MOST_CHOICES:
            raise BotError(f"Menu takes 1 to {MOST_CHOICES} rows, not {len(found)} ({LIST_PAGE})")
        self.lines = tuple(
            _line(number, row_id, row, section)
            for number, (section, row_id, row) in enumerate(found, start=1)
        )
        self.choices = tuple(line.choice for line in self.lines)
        refuse_same(self.choices, "rows of a Menu")

    def rendered(self, above: str, screen: Screen) -> list[Reply]:
        """The text above with the list under it."""
        content = {"choices": [_told(line) for line in self.lines]}
        listed = numbered(self.lines, screen.hint)
        if not screen.has_taps:
            return screen.under(above, listed, "menu", content)
        opened = {**content, "taps": "list", "button": self.button}
        return screen.over_taps(above or self.button, listed, "menu", opened)


def offer(kind: str, above: str, screen: Screen, choices: Sequence[Choice]) -> list[Reply]:
    """Choices under a text: as buttons, a list or numbers, whichever the channel and they allow."""
    lines = [_Line(choice) for choice in choices]
    content: dict[str, Any] = {"choices": [_told(line) for line in lines]}
    listed = numbered(lines, screen.hint)
    shape = _shape(choices) if screen.has_taps else {}
    if not shape:
        return screen.under(above, listed, kind, content)
    # Some text must stand over taps; the titles do in every language.
    titles = " · ".join(choice.title for choice in choices)
    return screen.over_taps(above or titles, listed, kind, content | shape)


def _shape(choices: Sequence[Choice]) -> dict[str, str]:
    longest = max(len(choice.title) for choice in choices)
    if len(choices) > MOST_CHOICES or any(len(choice.id) > LONGEST_ID for choice in choices):
        return {}
    if len(choices) <= MOST_QUICK_REPLIES and longest <= LONGEST_BUTTON:
        return {"taps": "buttons"}
    return {"taps": "list", "button": "Choose"} if longest <= LONGEST_DESCRIPTION else {}


def choice_of(number: int, button_id: object, title: object) -> Choice:
    """One choice of the author's. Raises BotError where an id or title cannot be one."""
    if not isinstance(button_id, str) or not isinstance(title, str):
        raise BotError(f"Buttons takes texts, not {button_id!r}: {title!r}")
    if not button_id or not title.strip():
        raise BotError(f"Button {number} has an empty id or title")
    return Choice(number, storable(button_id), words(title, "a title"))


def numbered(lines: Sequence[_Line], hint: str) -> str:
    """The choices as lines to read, under the names of their sections, with the hint below."""
    listed: list[str] = []
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            listed.append(f"\n{section}" if listed else section)
        beside = f": {line.description}" if line.description else ""
        listed.append(f"{line.choice.number}. {line.choice.title}{beside}")
    return "\n".join([*listed, hint] if hint else listed)


def _told(line: _Line) -> dict[str, Any]:
    told = {"number": line.choice.number, "id": line.choice.id, "title": line.choice.title}
    beside = {"description": line.description, "section": line.section}
    return told | {name: text for name, text in beside.items() if text}


def _flat(rows: object) -> Iterable[tuple[str, object, object]]:
    """Section, id and row of each; "" for those in no section."""
    if not isinstance(rows, Mapping):
        raise BotError(f"Menu takes {{id: title}} or {{section: {{id: title}}}}, not {rows!r}")
    for name, row in rows.items():
        if not isinstance(row, Mapping):
            yield "", name, row
            continue
        section = words(name, "the name of a section", LONGEST_ROW_TITLE, LIST_PAGE)
        yield from ((section, row_id, inner) for row_id, inner in row.items())


def _line(number: int, row_id: object, row: object, section: str) -> _Line:
    title, description = (row.title, row.description) if isinstance(row, Row) else (row, "")
    what = f"row {number} of a Menu"
    choice = Choice(
        number,
        _id(row_id, f"the id of {what}"),
        words(title, f"the title of {what}", LONGEST_ROW_TITLE, LIST_PAGE),
    )
    if description:
        name = f"the description of {what}"
        description = words(description, name, LONGEST_DESCRIPTION, LIST_PAGE)
    return _Line(choice, description, section)


def _id(row_id: object, what: str) -> str:
    """An id, checked and left as it is: the bot asks for it letter by letter."""
    words(row_id, what, LONGEST_ID, LIST_PAGE)
    return storable(str(row_id))


def refuse_same(choices: Sequence[Choice], what: str) -> None:
    """Raise BotError for choices that an answer or the bot could not tell apart."""
    if len({plain(choice.title) for choice in choices}) < len(choices):
        raise BotError(f"two {what} have the same title, so an answer could mean either")
    if len({choice.id for choice in choices}) < len(choices):
        raise BotError(f"two {what} have the same id, so a bot could not tell them apart")
