"""Carousel: cards with a picture, a text and one or two buttons each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from pipeline.botkit.content.buttons import (
    BUTTON_PAGE,
    LONGEST_BUTTON,
    MOST_CHOICES,
    choice_of,
    offer,
    refuse_same,
)
from pipeline.botkit.content.files import captioned
from pipeline.botkit.content.links import Link
from pipeline.botkit.content.replies import Screen, address, words
from pipeline.botkit.content.templates import approved
from pipeline.conversation.turns import Choice, Reply
from pipeline.errors import BotError

PAGE = "https://www.twilio.com/docs/content/carousel"
LONGEST_CARD_TEXT = 160
MOST_ACTIONS = 2
# https://docs.360dialog.com/docs/waba-messaging/interactive-messages/interactive-media-carousel-messages
FEWEST_CARDS = 2
MOST_CARDS = 10


@dataclass(frozen=True, slots=True)
class Card:
    """One card: `Card("Hoodie", "Warm.", image="https://…", buttons={"hoodie": "I want it"})`.

    It has one or two of: choices (`buttons`, id to title) and a `link`.
    """

    title: str
    body: str = ""
    _: KW_ONLY
    image: str
    buttons: Mapping[str, str] = field(default_factory=dict)
    link: Link | None = None

    def __post_init__(self) -> None:
        words(self.title, "the title of a Card")
        words(self.text, f"Card {self.title!r}", LONGEST_CARD_TEXT, PAGE)
        address(self.image, f"the image of Card {self.title!r}")
        if not 1 <= len(self.buttons) + bool(self.link) <= MOST_ACTIONS:
            raise BotError(f"Card {self.title!r} needs one or two of buttons and a link ({PAGE})")
        for title in self.buttons.values():
            words(title, f"a button of Card {self.title!r}", LONGEST_BUTTON, BUTTON_PAGE)

    @property
    def text(self) -> str:
        """Title and body, as they read where there are no cards."""
        return f"{self.title}\n{self.body}" if self.body else self.title


class Carousel:
    """Two to ten cards that all have the same sorts of buttons: `Carousel([Card(…), Card(…)])`.

    By SMS each card is a picture with its text and numbers that go on from card to card. On
    WhatsApp, Twilio takes a carousel only as an approved template, even within 24 hours (PAGE): get
    one approved with the same button ids, give its `content_sid` and `variables`, and that is what
    goes out. Without one, each card is a picture with its text, and the choices of all follow as
    buttons or a list under the text that was said above.
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
            raise BotError(f"Carousel takes {FEWEST_CARDS} to {MOST_CARDS} Cards, not {len(cards)}")
        if len({(len(card.buttons), card.link is None) for card in self.cards}) > 1:
            raise BotError(f"every Card of a Carousel has the same sorts of buttons ({PAGE})")
        self._numbers = tuple(_numbers(self.cards))
        self.choices = tuple(choice for choices in self._numbers for choice in choices)
        refuse_same(self.choices, "buttons of a Carousel")
        self._approved = approved(content_sid, variables or {}) if content_sid else None

    def rendered(self, above: str, screen: Screen) -> list[Reply]:
        """The cards in order, with the text above first or, on WhatsApp, over the choices."""
        if screen.has_taps and self._approved:
            return [self._template(above)]
        if screen.has_taps and 1 <= len(self.choices) <= MOST_CHOICES:
            cards = [
                reply
                for card in self.cards
                for reply in captioned(screen, "card", card.image, _caption(card))
            ]
            return [*cards, *offer("carousel", above, screen, self.choices)]
        return [*screen.texts(above), *self._numbered(screen)]

    def _template(self, above: str) -> Reply:
        text = "\n\n".join(filter(None, (above, *(card.text for card in self.cards))))
        content = {"choices": [_told(choice) for choice in self.choices], **(self._approved or {})}
        return Reply("carousel", text, (), content)

    def _numbered(self, screen: Screen) -> Iterator[Reply]:
        last = len(self.cards) - 1
        for place, (card, choices) in enumerate(zip(self.cards, self._numbers, strict=True)):
            titles = list(card.buttons.values())
            lines = [f"{it.number}. {title}" for it, title in zip(choices, titles, strict=True)]
            hint = screen.hint if place == last and self.choices else ""
            caption = "\n".join(filter(None, (_caption(card), *lines, hint)))
            content = {"choices": [_told(choice) for choice in choices]} if choices else {}
            yield from captioned(screen, "card", card.image, caption, content)


def _caption(card: Card) -> str:
    return f"{card.text}\n{card.link.line}" if card.link else card.text


def _told(choice: Choice) -> dict[str, Any]:
    return {"number": choice.number, "id": choice.id, "title": choice.title}


def _numbers(cards: Sequence[Card]) -> Iterator[tuple[Choice, ...]]:
    """The choices of each card; a title that several have is told apart by its card's."""
    shared = Counter(title for card in cards for title in card.buttons.values())
    number = 0
    for card in cards:
        first = number + 1
        number += len(card.buttons)
        yield tuple(
            choice_of(at, button_id, title if shared[title] == 1 else f"{card.title}: {title}")
            for at, (button_id, title) in enumerate(card.buttons.items(), first)
        )
