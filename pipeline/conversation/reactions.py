"""Reactions that arrive as texts: iPhones and Android phones quote our words in an SMS.

`Liked “Is 3 pm fine?”` is a reaction if we said that, and an ordinary message if we did not. The
engine and the test kit call `recognized`; `turn.says` calls `without_quotes`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from pipeline.conversation import rules
from pipeline.conversation.tapbacks import Meaning, meanings, simple
from pipeline.conversation.values import BotRules, Conversation
from pipeline.enums import MessageKind
from pipeline.messages import Inbound

# So many of the latest messages to a contact are compared.
LATEST_SENT = 30
# A shorter part of what we said is found in too many texts.
_SHORTEST_PART = 15
_SHORTEST_START = 3
_LONGEST = 4000
_LONGEST_AROUND = 60
_MOST_QUOTES = 12

_CLOSING = {
    "“": "”“", "”": "”", "„": '“”"', "«": "»", "»": "«", "‹": "›", "›": "‹", "「": "」", "『": "』",
    '"': '"', "‘": "’", "’": "’", "‚": "‘’", "'": "'",
}  # fmt: skip
_OPENING = re.compile(f"[{''.join(_CLOSING)}]")
_A_FILE = re.compile(
    r"\s(?:an? (?:image|photo|picture|movie|video|attachment|sticker|GIF|file|"
    r"document|audio(?: message)?|voice (?:message|memo))|"
    r"una? (?:imagen|foto|v[ií]deo)|une (?:image|photo|vidéo))\.?$",
    re.IGNORECASE,
)
# Google Messages, in every language: zero-width spaces around the emoji, non-joiners around one
# that is removed.
_MARKED = re.compile("([\u200b\u200c])([^\u200b\u200c]{1,16})\\1")
_EMOJI = re.compile(
    "[\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    "[\u200d\ufe0f\u20e3\u2190-\u2bff\U0001f000-\U0001faff\U000e0020-\U000e007f]{0,15}"
)
_PLAIN = str.maketrans(
    {**dict.fromkeys("“”„«»‹›「」『』", '"'), **dict.fromkeys("‘’‚´`", "'"), "–": "-", "—": "-"}
)


class Sent(NamedTuple):
    """A message to the contact: the provider's id ("" before it has one), text, and files."""

    id: str
    text: str
    has_files: bool = False


class _Quoting(NamedTuple):
    """A text in parts: what is before, in and after the quote, and the quote with its marks."""

    before: str
    quote: str
    after: str
    whole: str


class _Reaction(NamedTuple):
    """A text that reads as a reaction; one without a quote is to a file."""

    meaning: Meaning
    quote: str


Latest = Callable[[], Sequence[Sent]]


def recognized(message: Inbound, sent: Latest) -> Inbound:
    """The message as a reaction if it is one to our words, else unchanged.

    `sent` returns the latest messages to the contact, the newest first. It is asked only if the
    text reads as a reaction.
    """
    if message.kind != MessageKind.TEXT or (found := _reaction(message.text)) is None:
        return message
    ours = _source(found.quote, sent()) if found.quote else _latest_file(sent())
    if ours is None:
        return message
    emoji, is_removed = found.meaning
    return replace(
        message,
        kind=MessageKind.REACTION,
        reaction="" if is_removed else emoji,
        removed_reaction=emoji if is_removed else "",
        reply_to=message.reply_to or ours.id,
        quoted=ours.text,
    )


def hear_reaction(
    conversation: Conversation, bot: BotRules, at: datetime, address: str | None = None
) -> None:
    """After a reaction that the bot does not ask for; it keeps no conversation from expiring."""
    if not conversation.is_expired(bot.expires_after, at):
        rules.hear(conversation, at, address)
        rules.hear_in_silence(conversation, bot, at)


def reads_as_reaction(text: str) -> bool:
    """Whether a text is a reaction if it quotes us."""
    return _reaction(text) is not None


def without_quotes(text: str, sent: Latest) -> str:
    """The text without what it quotes of our words; `sent` is asked only if it quotes anything."""
    lines = text.split("\n")
    own = "\n".join(line for line in lines if not line.lstrip().startswith(">"))
    if not _OPENING.search(own):
        return own
    for part in sorted(islice(_quotings(own), _MOST_QUOTES), key=lambda part: -len(part.quote)):
        if part.whole in own and _source(part.quote, sent()) is not None:
            own = own.replace(part.whole, " ")
    return own


def _reaction(text: str) -> _Reaction | None:
    if not text or len(text) > _LONGEST:
        return None
    if not _OPENING.search(text):
        found = _A_FILE.search(text) if len(text) <= _LONGEST_AROUND else None
        meaning = _meaning(text[: found.start()], "") if found else None
        return _Reaction(meaning, "") if meaning else None
    marked = _MARKED.search(text)
    for part in islice(_quotings(text), _MOST_QUOTES):
        if len(part.before) + len(part.after) > _LONGEST_AROUND:
            continue
        if marked and (marked[0] in part.before or marked[0] in part.after):
            return _Reaction(Meaning(marked[2].strip(), marked[1] == "\u200c"), part.quote)
        if meaning := _meaning(part.before, part.after):
            return _Reaction(meaning, part.quote)
    return None


def _meaning(before: str, after: str) -> Meaning | None:
    """What the words around a quote mean, if they are those of a reaction."""
    around = (simple(_visible(before)), simple(_visible(after)))
    if found := meanings().get(around):
        return found
    for emoji in _EMOJI.findall(" ".join(around)):
        found = meanings().get((around[0].replace(emoji, "{}"), around[1].replace(emoji, "{}")))
        if found and not found.emoji:
            return found._replace(emoji=emoji)
    return None


def _quotings(text: str) -> Iterator[_Quoting]:
    """The ways to read the text as one with a quote, each up to the last mark that may close it."""
    for opening in _OPENING.finditer(text):
        start = opening.start()
        if opening[0] in "'’" and start and text[start - 1].isalnum():
            continue  # an apostrophe
        end = max(text.rfind(mark) for mark in _CLOSING[opening[0]])
        if end > start + 1:
            inside, whole = text[start + 1 : end], text[start : end + 1]
            yield _Quoting(text[:start], inside, text[end + 1 :], whole)


def _source(quote: str, sent: Sequence[Sent]) -> Sent | None:
    """Our message that these words are, or are the beginning or a part of."""
    said = _comparable(quote)
    start = said.removesuffix("...").rstrip()
    for ours in sent:
        body = _comparable(ours.text)
        if not body or not said:
            continue
        if said == body or (len(said) >= _SHORTEST_PART and said in body):
            return ours
        if start != said and len(start) >= _SHORTEST_START and body.startswith(start):
            return ours
        # With what a provider puts before our words.
        if len(body) >= _SHORTEST_PART and said.endswith(body):
            return ours
    return None


def _latest_file(sent: Sequence[Sent]) -> Sent | None:
    return next((ours for ours in sent if ours.has_files), None)


def _visible(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c) != "Cf" or c == "\u200d")


def _comparable(text: str) -> str:
    """A text for comparison: in lower case, with plain quotation marks, dashes and ellipses."""
    plain = unicodedata.normalize("NFKC", _visible(text)).translate(_PLAIN)
    return " ".join(plain.casefold().split())
