"""Carousel: cards with a picture, a text and one or two buttons each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field

from pipeline.botkit.content.buttons import (
    BUTTON_PAGE,
    LONGEST_BUTTON,
    MOST_CHOICES,
    make_choice,
    refuse_duplicates,
    render_choices,
)
from pipeline.botkit.content.files import render_file
from pipeline.botkit.content.links import Link
from pipeline.botkit.content.replies import Renderer, http_url, single_line
from pipeline.botkit.content.templates import template_content
from pipeline.conversation.turns import Choice, Reply
from pipeline.errors import BotError
from pipeline.jsons import JsonObject

PAGE = "https://www.twilio.com/docs/content/carousel"
LONGEST_CARD_TEXT = 160
MOST_ACTIONS = 2
# https://docs.360dialog.com/docs/waba-messaging/interactive-messages/interactive-media-carousel-messages
FEWEST_CARDS = 2
MOST_CARDS = 10


@dataclass(frozen=True, slots=True)
class Card:
    """One card: `Card("Hoodie", "Warm.", image="https://…", buttons={"hoodie": "I want it"})`.

    It needs one or two of: choices (`buttons`, id to title) and a `link`.
    """

    title: str
    body: str = ""
    _: KW_ONLY
    image: str
    buttons: Mapping[str, str] = field(default_factory=dict)
    link: Link | None = None

    def __post_init__(self) -> None:
        single_line(self.title, "the title of a Card")
        single_line(self.text, f"Card {self.title!r}", LONGEST_CARD_TEXT, PAGE)
        http_url(self.image, f"the image of Card {self.title!r}")
        if not 1 <= len(self.buttons) + bool(self.link) <= MOST_ACTIONS:
            raise BotError(f"Card {self.title!r} needs one or two of buttons and a link ({PAGE})")
        for title in self.buttons.values():
            single_line(title, f"a button of Card {self.title!r}", LONGEST_BUTTON, BUTTON_PAGE)

    @property
    def text(self) -> str:
        """Title and body, as sent on channels without cards."""
        return f"{self.title}\n{self.body}" if self.body else self.title


class Carousel:
    """Two to ten cards with the same kinds of buttons: `Carousel([Card(…), Card(…)])`.

    By SMS each card is a picture with its text and choices, numbered across all cards. On WhatsApp
    a carousel needs an approved template, even within 24 hours (PAGE): have one with the same
    button ids approved and pass its `content_sid` and `variables`. Without one, each card is a
    picture with its text, and the choices of all cards follow the text `above`.
    """

    __slots__ = ("_approved", "_numbers", "cards", "choices")

    def __init__(
        self,
        cards: Sequence[Card],
        *,
        content_sid: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.cards = tuple(cards)
        if not FEWEST_CARDS <= len(self.cards) <= MOST_CARDS:
            raise BotError(f"Carousel needs {FEWEST_CARDS} to {MOST_CARDS} Cards, not {len(cards)}")
        if len({(len(card.buttons), card.link is None) for card in self.cards}) > 1:
            raise BotError(f"all Cards of a Carousel need the same kinds of buttons ({PAGE})")
        self._numbers = tuple(_number_choices(self.cards))
        self.choices = tuple(choice for choices in self._numbers for choice in choices)
        refuse_duplicates(self.choices, "buttons of a Carousel")
        self._approved = template_content(content_sid, variables or {}) if content_sid else None

    def render(self, above: str, renderer: Renderer) -> list[Reply]:
        """The text `above`, then the cards; on WhatsApp the text comes with the choices, last."""
        if renderer.has_taps and self._approved:
            return [self._template(above)]
        if renderer.has_taps and 1 <= len(self.choices) <= MOST_CHOICES:
            cards = [
                reply
                for card in self.cards
                for reply in render_file(renderer, "card", card.image, _caption(card))
            ]
            return [*cards, *render_choices("carousel", above, renderer, self.choices)]
        return [*renderer.texts(above), *self._numbered(renderer)]

    def _template(self, above: str) -> Reply:
        text = "\n\n".join(filter(None, (above, *(card.text for card in self.cards))))
        content = {
            "choices": [_choice_json(choice) for choice in self.choices],
            **(self._approved or {}),
        }
        return Reply("carousel", text, (), content)

    def _numbered(self, renderer: Renderer) -> Iterator[Reply]:
        last = len(self.cards) - 1
        for place, (card, choices) in enumerate(zip(self.cards, self._numbers, strict=True)):
            titles = list(card.buttons.values())
            lines = [f"{it.number}. {title}" for it, title in zip(choices, titles, strict=True)]
            hint = renderer.hint if place == last and self.choices else ""
            caption = "\n".join(filter(None, (_caption(card), *lines, hint)))
            content = {"choices": [_choice_json(choice) for choice in choices]} if choices else {}
            yield from render_file(renderer, "card", card.image, caption, content)


def _caption(card: Card) -> str:
    return f"{card.text}\n{card.link.line}" if card.link else card.text


def _choice_json(choice: Choice) -> JsonObject:
    return {"number": choice.number, "id": choice.id, "title": choice.title}


def _number_choices(cards: Sequence[Card]) -> Iterator[tuple[Choice, ...]]:
    """The choices of each card; a title on several cards gets its card's title as a prefix."""
    shared = Counter(title for card in cards for title in card.buttons.values())
    number = 0
    for card in cards:
        first = number + 1
        number += len(card.buttons)
        yield tuple(
            make_choice(at, button_id, title if shared[title] == 1 else f"{card.title}: {title}")
            for at, (button_id, title) in enumerate(card.buttons.items(), first)
        )
