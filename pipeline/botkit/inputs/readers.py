"""Readers: check what a contact answered and convert it to a JSON value.

`bot.asks` uses them; `reader.read(turn)` works in any handler.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from pipeline.botkit.content.buttons import Buttons, Menu
from pipeline.botkit.content.choices import match_choice, normalize
from pipeline.botkit.expected import COUNT, NUMBER, YES_OR_NO, Kind, expect
from pipeline.botkit.turn import Turn
from pipeline.errors import NotUnderstood
from pipeline.messages import Inbound

Value = TypeVar("Value")
_BETWEEN_EMAILS = re.compile(r'[\s<>(),;:"]+')
# A longer answer is not searched for an address, so that no text keeps a worker busy.
_LONGEST_WITH_EMAIL = 1000
_REGION = Kind(
    'the two letters of a country, such as "US"', (str,), among=phonenumbers.SUPPORTED_REGIONS
)
_GROUPED = re.compile(r"(?<=\d)[ ,.'\u2019\u00a0](?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader gets: the text without white space around it, the message and the time."""

    text: str
    message: Inbound
    now: datetime


class Reader(ABC, Generic[Value]):
    """Reads one kind of answer. Subclass it and define `understand` for your own."""

    @property
    def offers(self) -> tuple[Buttons | Menu, ...]:
        """The choices that the question offers."""
        return ()

    @abstractmethod
    def understand(self, answer: Answer) -> Value:
        """The value. Raises NotUnderstood with a reply for the contact."""

    def read(self, said: str | Turn[Any]) -> Value:
        """The value of a text or of the turn's message. Raises NotUnderstood."""
        if isinstance(said, str):
            message, now = Inbound("", "", "", "sms", "", "", text=said), datetime.now(UTC)
        else:
            message, now = said.message, said.now
        return self.understand(Answer(message.text.strip(), message, now))


class Text(Reader[str]):
    """Any text of up to `longest` characters."""

    def __init__(
        self,
        longest: int = 1000,
        *,
        unclear: str = "Please answer with a text.",
        too_long: str = "Please keep it under {longest} characters.",
    ) -> None:
        expect("Text()", {"longest": longest}, {"longest": COUNT})
        self._longest, self._unclear, self._too_long = longest, unclear, too_long

    def understand(self, answer: Answer) -> str:
        if not answer.text:
            raise NotUnderstood(self._unclear)
        if len(answer.text) > self._longest:
            raise NotUnderstood(self._too_long.format(longest=self._longest))
        return answer.text


class Name(Reader[str]):
    """A person's name: a text of up to 100 characters with a letter in it."""

    def __init__(self, *, unclear: str = "That does not look like a name.") -> None:
        self._unclear = unclear

    def understand(self, answer: Answer) -> str:
        name = " ".join(answer.text.split())
        if not re.search(r"[^\W\d_]", name) or len(name) > 100 or "@" in name:
            raise NotUnderstood(self._unclear)
        return name


class Email(Reader[str]):
    """The only e-mail address in the answer, in lower case. It is checked for form, not by DNS."""

    def __init__(self, *, unclear: str = "That does not look like an e-mail address.") -> None:
        self._unclear = unclear

    def understand(self, answer: Answer) -> str:
        parts = _BETWEEN_EMAILS.split(answer.text[: _LONGEST_WITH_EMAIL + 1])
        found = [part.strip(".!?'") for part in parts if "@" in part]
        if len(found) != 1 or len(answer.text) > _LONGEST_WITH_EMAIL:
            raise NotUnderstood(self._unclear)
        try:
            return validate_email(found[0], check_deliverability=False).normalized.lower()
        except EmailNotValidError:
            raise NotUnderstood(self._unclear) from None


class Number(Reader[int | float]):
    """A number from `least` to `most`; with `whole=False`, also with a decimal point or comma."""

    def __init__(
        self,
        least: float | None = None,
        most: float | None = None,
        *,
        whole: bool = True,
        unclear: str = "Please answer with a number.",
        too_small: str = "It must be at least {least}.",
        too_large: str = "It must be at most {most}.",
    ) -> None:
        given = {"least": least, "most": most, "whole": whole}
        expect("Number()", given, {"least": NUMBER, "most": NUMBER, "whole": YES_OR_NO})
        self._least, self._most, self._whole = least, most, whole
        self._unclear, self._too_small, self._too_large = unclear, too_small, too_large

    def understand(self, answer: Answer) -> int | float:
        value = self._value(normalize(answer.text))
        if self._least is not None and value < self._least:
            raise NotUnderstood(self._too_small.format(least=self._least))
        if self._most is not None and value > self._most:
            raise NotUnderstood(self._too_large.format(most=self._most))
        return value

    def _value(self, said: str) -> int | float:
        if self._whole:
            said = _GROUPED.sub("", said)
        pattern = r"[+-]?\d{1,15}" if self._whole else r"[+-]?\d{1,15}([.,]\d{1,10})?"
        if not re.fullmatch(pattern, said):
            raise NotUnderstood(self._unclear)
        return int(said) if self._whole else float(said.replace(",", "."))


class Phone(Reader[str]):
    """A phone number, as +12025550123; `region` ("US") is for numbers without a country code."""

    def __init__(
        self,
        region: str | None = None,
        *,
        unclear: str = "That does not look like a phone number.",
    ) -> None:
        expect("Phone()", {"region": region}, {"region": _REGION})
        self._region, self._unclear = region, unclear

    def understand(self, answer: Answer) -> str:
        try:
            number = phonenumbers.parse(answer.text, self._region)
        except phonenumbers.NumberParseException:
            raise NotUnderstood(self._unclear) from None
        if not phonenumbers.is_valid_number(number):
            raise NotUnderstood(self._unclear)
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


class OneOf(Reader[str]):
    """One of several choices: `OneOf(red="Red", blue="Blue")` or `OneOf({id: title})`, as Buttons.

    `OneOf(Menu({...}))` shows that Menu. The contact answers with a tap, the number or the title;
    the value is the id.
    """

    def __init__(
        self,
        choices: Mapping[str, str] | Menu | None = None,
        /,
        *,
        unclear: str = "Please pick one of these.",
        **titles: str,
    ) -> None:
        self._unclear = unclear
        self._shown = choices if isinstance(choices, Menu) else Buttons(choices, **titles)

    @property
    def offers(self) -> tuple[Buttons | Menu, ...]:
        return (self._shown,)

    def understand(self, answer: Answer) -> str:
        choices = self._shown.choices
        found = match_choice(answer.message, choices)
        if found not in {choice.id for choice in choices}:
            raise NotUnderstood(self._unclear)
        return found
