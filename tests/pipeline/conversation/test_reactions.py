"""Reactions that arrive as texts: recognised if they quote us, in the words that phones send."""

from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.conversation.reactions import Sent, reads_as_reaction, recognized, without_quotes
from pipeline.messages import Inbound

MENU = "Is that right?\n\n1. Yes\n2. No, ask me again\nReply with a number."
SENT = (
    Sent("SM1", MENU),
    Sent("SM2", "See you soon"),
    Sent("SM3", "À demain"),
    Sent("SM4", "Bis morgen"),
    Sent("SM5", "また明日"),
    Sent("SM6", "내일 봐"),
    Sent("SM7", "He said “hi” to me"),
    Sent("SM8", "Don’t be late — ok?"),
    Sent("SM9", "A picture for you", has_files=True),
)
HAIR, GIVEN, TAKEN = "\u200a", "\u200b", "\u200c"


def a_message(text: str, **more: Any) -> Inbound:
    return Inbound("p", "a", "i", "sms", "k", "r", text=text, **more)


def seen(text: str) -> tuple[str, str, str, str]:
    found = recognized(a_message(text), lambda: SENT)
    return found.kind, found.reaction, found.removed_reaction, found.reply_to


@pytest.mark.parametrize(
    ("text", "emoji", "to"),
    [
        ("Liked “Is that right? 1. Yes 2. No, ask me again”", "👍", "SM1"),
        (f"Liked “{MENU}”", "👍", "SM1"),
        ("Loved “See you soon”", "❤️", "SM2"),
        ('Loved "See you soon"', "❤️", "SM2"),
        ("Loved 'See you soon'", "❤️", "SM2"),
        ("Loved ‘See you soon’", "❤️", "SM2"),
        ("Disliked “see you soon”", "👎", "SM2"),
        ("Laughed at “See you soon”", "😂", "SM2"),
        ("Emphasized “See you soon”", "‼️", "SM2"),
        ("Emphasised “See you soon”", "‼️", "SM2"),
        ("Questioned “See you…”", "❓", "SM2"),
        ("Questioned “See you...”", "❓", "SM2"),
        ("Reacted 👍 to “See you soon”", "👍", "SM2"),
        ("Reacted 👩🏽‍🚀 to “See you soon”", "👩🏽‍🚀", "SM2"),
        ("Reacted with ❤️ to “See you soon”", "❤️", "SM2"),
        ("👍 to “See you soon”", "👍", "SM2"),
        (f"{HAIR}{GIVEN}😂{GIVEN} to “{HAIR}See you soon{HAIR}”{HAIR}", "😂", "SM2"),
        (f"{HAIR}Reacted {GIVEN}😂{GIVEN} to “{HAIR}See you soon{HAIR}”{HAIR}", "😂", "SM2"),
        (f"{HAIR}Hat mit {GIVEN}🥳{GIVEN} auf „{HAIR}Bis morgen{HAIR}“ reagiert", "🥳", "SM4"),
        ("Le gustó “See you soon”", "👍", "SM2"),
        ("Le encantó «See you soon»", "❤️", "SM2"),
        ("Reaccionó con 🔥 a “See you soon”", "🔥", "SM2"),
        ("A adoré « À demain »", "❤️", "SM3"),
        ("N’a pas aimé « À demain »", "👎", "SM3"),
        ("A réagi avec 😂 à « À demain »", "😂", "SM3"),
        ("A ajouté un « J’adore » à « À demain ».", "❤️", "SM3"),
        ("a attribué la mention « J’aime » à « À demain »", "👍", "SM3"),
        ("Gefällt „Bis morgen“", "👍", "SM4"),
        ("Gefällt „Bis morgen“ nicht", "👎", "SM4"),
        ("Gefällt »Bis morgen«", "👍", "SM4"),
        ("„Bis morgen“ ein Herz hinzugefügt", "❤️", "SM4"),
        ('„Bis morgen" ein Lachen hinzugefügt', "😂", "SM4"),
        ("Ha aggiunto un cuoricino a “See you soon”", "❤️", "SM2"),
        ("Likte “See you soon”", "👍", "SM2"),
        ("Polubił “See you soon”", "👍", "SM2"),
        ("Líbilo se „See you soon“", "👍", "SM2"),
        ("Vond „See you soon” niet leuk", "👎", "SM2"),
        ("Syntes om “See you soon”", "👍", "SM2"),
        ("Gav ett hjärta till ”See you soon”", "❤️", "SM2"),
        ("Trova divertente “See you soon”", "😂", "SM2"),
        ("Ha aggiunto “Mi piace” a “See you soon”", "👍", "SM2"),
        ("Gefällt: „Bis morgen“", "👍", "SM4"),
        ("A ajouté des points d’exclamation à « À demain »", "‼️", "SM3"),
        ("Hat mit 🥳 auf „Bis morgen“ reagiert", "🥳", "SM4"),
        ("Reageerde met 🔥 op ‘See you soon’", "🔥", "SM2"),
        ("kedveli: „See you soon”", "👍", "SM2"),
        ("Понравилось «See you soon»", "👍", "SM2"),
        ("Реакция 👍 към “See you soon”", "👍", "SM2"),
        ("“\u200aまた明日\u200a”に\u200a👀\u200aでリアクションしました", "👀", "SM5"),
        ("Liked “He said “hi” to me”", "👍", "SM7"),
        ("Liked “Don't be late - ok?”", "👍", "SM8"),
        ("Liked “Sent from your trial account - Don't be late - ok?”", "👍", "SM8"),
        ("Loved an image", "❤️", "SM9"),
        ("Laughed at a movie", "😂", "SM9"),
        ("Liked a voice message", "👍", "SM9"),
        ("Emphasized a GIF", "‼️", "SM9"),
        ("Reacted 🔥 to an image", "🔥", "SM9"),
        ("Le encantó una imagen", "❤️", "SM9"),
    ],
)
def test_a_quote_of_ours_is_a_reaction(text: str, emoji: str, to: str) -> None:
    assert seen(text) == ("reaction", emoji, "", to)


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("Removed a like from “See you soon”", "👍"),
        ("Removed a heart from “See you soon”", "❤️"),
        ("Removed a dislike from “See you soon”", "👎"),
        ("Removed a laugh from “See you soon”", "😂"),
        ("Removed an exclamation from “See you soon”", "‼️"),
        ("Removed a question mark from “See you soon”", "❓"),
        ("Removed 👀 from “See you soon”", "👀"),
        (f"{HAIR}Removed {TAKEN}👍{TAKEN} from “{HAIR}See you soon{HAIR}”{HAIR}", "👍"),
        ("A retiré un cœur de « See you soon »", "❤️"),
        ("Entfernte 👀 aus „See you soon”", "👀"),
        ("Liker ikke lenger “See you soon”", "👍"),
        ("„Gefällt mir“ von „See you soon“ entfernt", "👍"),
        ("Ya no le hace gracia “See you soon”", "😂"),
        ("Tog bort ett frågetecken från ”See you soon”", "❓"),
        ("Ha rimosso “Non mi piace” da “See you soon”", "👎"),
        ("🔥 aus „See you soon“ entfernt", "🔥"),
        ("A retiré son « J’adore » de « See you soon »", "❤️"),
        ("‘내일 봐’에서 👀 표시 제거함", "👀"),
    ],
)
def test_one_that_is_taken_back(text: str, emoji: str) -> None:
    kind, reaction, removed, to = seen(text)
    assert (kind, reaction, removed) == ("reaction", "", emoji)
    assert to in {"SM2", "SM6"}


@pytest.mark.parametrize(
    "text",
    [
        *("", "hi", "Liked", "Loved it", "I liked “See you soon” a lot", "Yes “See you soon”"),
        *("Liked “something else”", "Liked “See you later, alligator”", "Liked “”", "Liked “…”"),
        *("Loved “S…”", "Questioned “soon”", "“See you soon”", "don't", "it's 'fine'", "to “x”"),
        *("Removed “See you soon”", "Reacted to “See you soon”", "👍", "👍👍 “See you soon”"),
        *("Неизвестно «See you soon»", "Loved an image of you", "Loved an idea"),
        "Liked “See you soon”, see you at the station then",
        "x" * 5000,
    ],
)
def test_any_other_text_stays_an_ordinary_message(text: str) -> None:
    message = a_message(text)
    assert recognized(message, lambda: SENT) is message


def test_a_file_of_nobody_is_no_reaction() -> None:
    message = a_message("Loved an image")
    assert recognized(message, lambda: SENT[:3]) is message


def test_only_what_reads_as_a_reaction_costs_a_look() -> None:
    def never() -> Sequence[Sent]:
        raise AssertionError("asked")

    for text in ("hi", "I said “no”", "don't", 'He said "Liked"', "1", "x" * 3000):
        assert recognized(a_message(text), never).kind == "text"
        assert not reads_as_reaction(text)
    assert without_quotes("no quote, isn't it", never) == "no quote, isn't it"


def test_a_tap_or_a_file_is_no_reaction() -> None:
    for kind in ("tap", "media", "location"):
        message = a_message("Liked “See you soon”", kind=kind)
        assert recognized(message, lambda: SENT) is message


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Неизвестно «Is that right? 1. Yes 2. No, ask me again»", "Неизвестно"),
        ("“Is that right? 1. Yes 2. No, ask me again” what?", "what?"),
        ('You said "See you soon" but when?', "You said but when?"),
        ("> Is that right?\nmaybe", "maybe"),
        ('I read "Yes, we can"', 'I read "Yes, we can"'),
        ("isn't it 'fine'", "isn't it 'fine'"),
    ],
)
def test_what_a_text_quotes_of_ours_is_taken_out(text: str, own: str) -> None:
    assert " ".join(without_quotes(text, lambda: SENT).split()) == own


def test_a_text_of_nothing_but_marks_is_quick() -> None:
    for text in ("“" * 4000, "'" * 4000, '"a' * 2000, "「" * 4000):
        without_quotes(text, lambda: SENT)
        recognized(a_message(text), lambda: SENT)
