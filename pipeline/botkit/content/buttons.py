"""Buttons and Menu: choices to tap or, on channels without taps, a numbered list.

On every channel `turn.picked(id)` is true for a tap, the number or the title.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.botkit.content.choices import normalize
from pipeline.botkit.content.replies import Renderer, single_line
from pipeline.conversation.turns import Choice, Reply
from pipeline.errors import BotError
from pipeline.jsons import JsonObject
from pipeline.messages import storable

LIST_PAGE = "https://www.twilio.com/docs/content/twiliolist-picker"
# The page also documents the lengths.
MOST_CHOICES = 10
LONGEST_ROW_TITLE = 24
LONGEST_DESCRIPTION = 72
LONGEST_ID = 200
# The limit without an approved template: https://www.twilio.com/docs/content/twilio-quick-reply
MOST_QUICK_REPLIES = 3
# WhatsApp's limit for a button's title.
BUTTON_PAGE = "https://whatsapp.github.io/WhatsApp-Nodejs-SDK/api-reference/types/ButtonObject"
LONGEST_BUTTON = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a Menu: a title and a description."""

    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class _Option:
    """A choice with its description and section."""

    choice: Choice
    description: str = ""
    section: str = ""


class Buttons:
    """One to ten choices: `Buttons(join="Join", human="Talk to us")` or `Buttons({id: title})`.

    On WhatsApp, up to three with titles of up to 20 characters are buttons; others are a list that
    "Choose" opens (a Menu can set that title). Titles over 72 characters, and all choices by SMS,
    become a numbered list.
    """

    __slots__ = ("choices",)

    def __init__(self, choices: Mapping[str, str] | None = None, /, **titles: str) -> None:
        offered = {**(choices or {}), **titles}
        if not 1 <= len(offered) <= MOST_CHOICES:
            raise BotError(f"Buttons needs 1 to {MOST_CHOICES} choices, not {len(offered)}")
        self.choices = tuple(
            make_choice(number, button_id, title)
            for number, (button_id, title) in enumerate(offered.items(), start=1)
        )
        refuse_duplicates(self.choices, "Buttons")

    def render(self, above: str, renderer: Renderer) -> list[Reply]:
        """The text `above` with the choices below it."""
        return render_choices("buttons", above, renderer, self.choices)


class Menu:
    """Up to ten rows that a button opens: `Menu({"mon": "Monday", "tue": Row("Tuesday", "late")})`.

    Sections are nested: `Menu({"Morning": {"9": "9:00"}, "Evening": {"18": "18:00"}})`. `button` is
    the title of the button on WhatsApp, where the section's name becomes the description of rows
    that have none; by SMS it is a heading.
    """

    __slots__ = ("button", "choices", "lines")

    def __init__(
        self, rows: Mapping[str, str | Row | Mapping[str, str | Row]], /, *, button: str = "Choose"
    ) -> None:
        self.button = single_line(button, "the button of a Menu", LONGEST_BUTTON, BUTTON_PAGE)
        found = list(_rows(rows))
        if not 1 <= len(found) <= MOST_CHOICES:
            raise BotError(f"Menu needs 1 to {MOST_CHOICES} rows, not {len(found)} ({LIST_PAGE})")
        self.lines = tuple(
            _line(number, row_id, row, section)
            for number, (section, row_id, row) in enumerate(found, start=1)
        )
        self.choices = tuple(line.choice for line in self.lines)
        refuse_duplicates(self.choices, "rows of a Menu")

    def render(self, above: str, renderer: Renderer) -> list[Reply]:
        """The text `above` with the list below it."""
        content = {"choices": [_choice_json(line) for line in self.lines]}
        listed = numbered_list(self.lines, renderer.hint)
        if not renderer.has_taps:
            return renderer.under(above, listed, "menu", content)
        opened = {**content, "taps": "list", "button": self.button}
        return renderer.over_taps(above or self.button, listed, "menu", opened)


def render_choices(
    kind: str, above: str, renderer: Renderer, choices: Sequence[Choice]
) -> list[Reply]:
    """The text `above` with choices below it: as buttons, a list or numbers."""
    lines = [_Option(choice) for choice in choices]
    content: JsonObject = {"choices": [_choice_json(line) for line in lines]}
    listed = numbered_list(lines, renderer.hint)
    shape = _tap_style(choices) if renderer.has_taps else {}
    if not shape:
        return renderer.under(above, listed, kind, content)
    # Taps need a text above them; the titles fit every language.
    titles = " · ".join(choice.title for choice in choices)
    return renderer.over_taps(above or titles, listed, kind, content | shape)


def _tap_style(choices: Sequence[Choice]) -> dict[str, str]:
    longest = max(len(choice.title) for choice in choices)
    if len(choices) > MOST_CHOICES or any(len(choice.id) > LONGEST_ID for choice in choices):
        return {}
    if len(choices) <= MOST_QUICK_REPLIES and longest <= LONGEST_BUTTON:
        return {"taps": "buttons"}
    return {"taps": "list", "button": "Choose"} if longest <= LONGEST_DESCRIPTION else {}


def make_choice(number: int, button_id: object, title: object) -> Choice:
    """A Choice. Raises BotError if its id or title is not usable."""
    if not isinstance(button_id, str) or not isinstance(title, str):
        raise BotError(f"the ids and titles of Buttons must be text, not {button_id!r}: {title!r}")
    if not button_id or not title.strip():
        raise BotError(f"Button {number} has an empty id or title")
    return Choice(number, storable(button_id), single_line(title, "a title"))


def numbered_list(lines: Sequence[_Option], hint: str) -> str:
    """The choices as numbered lines with section headings, and the hint as the last line."""
    listed: list[str] = []
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            listed.append(f"\n{section}" if listed else section)
        beside = f": {line.description}" if line.description else ""
        listed.append(f"{line.choice.number}. {line.choice.title}{beside}")
    return "\n".join([*listed, hint] if hint else listed)


def _choice_json(line: _Option) -> JsonObject:
    told = {"number": line.choice.number, "id": line.choice.id, "title": line.choice.title}
    beside = {"description": line.description, "section": line.section}
    return told | {name: text for name, text in beside.items() if text}


def _rows(rows: object) -> Iterable[tuple[str, object, object]]:
    """Section ("" for none), id and row of each row."""
    if not isinstance(rows, Mapping):
        raise BotError(f"Menu needs {{id: title}} or {{section: {{id: title}}}}, not {rows!r}")
    for name, row in rows.items():
        if not isinstance(row, Mapping):
            yield "", name, row
            continue
        section = single_line(name, "the name of a section", LONGEST_ROW_TITLE, LIST_PAGE)
        yield from ((section, row_id, inner) for row_id, inner in row.items())


def _line(number: int, row_id: object, row: object, section: str) -> _Option:
    title, description = (row.title, row.description) if isinstance(row, Row) else (row, "")
    what = f"row {number} of a Menu"
    choice = Choice(
        number,
        _id(row_id, f"the id of {what}"),
        single_line(title, f"the title of {what}", LONGEST_ROW_TITLE, LIST_PAGE),
    )
    if description:
        name = f"the description of {what}"
        description = single_line(description, name, LONGEST_DESCRIPTION, LIST_PAGE)
    return _Option(choice, description, section)


def _id(row_id: object, what: str) -> str:
    """A checked id, otherwise unchanged: `turn.picked` compares it exactly."""
    single_line(row_id, what, LONGEST_ID, LIST_PAGE)
    return storable(str(row_id))


def refuse_duplicates(choices: Sequence[Choice], what: str) -> None:
    """Raise BotError if two choices have the same title or the same id."""
    if len({normalize(choice.title) for choice in choices}) < len(choices):
        raise BotError(f"two {what} have the same title; give each a title of its own")
    if len({choice.id for choice in choices}) < len(choices):
        raise BotError(f"two {what} have the same id; give each an id of its own")
