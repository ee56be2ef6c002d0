"""What phones send by SMS as a reaction: the words around the quote, in the languages known.

"@" stands for the quote and "{}" for an emoji. As others have collected them: English, Norwegian,
Polish, Czech, Hungarian, Russian and Bulgarian, and some of Spanish, French and German, from
https://github.com/quik-sms/quik (data/src/main/assets/emojis); German from
https://www.mactechnews.de/news/article/Nachrichten-in-iOS-10-Aenderungen-und-Neuerungen-im-Detail-164727.html;
the rest of Spanish, French, Italian, Japanese and Korean from tests of programs that read them.
Languages that are missing here are ordinary messages, whose quote never matches `turn.says`.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple


class Meaning(NamedTuple):
    """The emoji of a reaction, "" where the text has it, and whether it was removed."""

    emoji: str
    is_removed: bool


_GIVEN: Mapping[str, str] = {
    "❤️": """
        Loved @ | Le encantó @ | Le encanta @ | A adoré @ | Adoré @ | A ajouté un « J'adore » à @
        A attribué la mention « Adore » à @ | A attribué la mention « J'adore » à @
        @ ein Herz hinzugefügt | Ha aggiunto un cuoricino a @ | Satte et hjerte ved @
        Pokochał @ | Pokochała @ | Milovaný @ | szívecske erre: @ | Очень понравилось @
        Харесано @
    """,
    "👍": """
        Liked @ | Le gustó @ | Le gusta @ | A aimé @ | Aimé @ | A ajouté un « J'aime » à @
        A attribué la mention « J'aime » à @ | Gefällt @ | Likte @ | Polubił @ | Polubiła @
        Líbilo se @ | kedveli: @ | Понравилось @
    """,
    "👎": """
        Disliked @ | No le gustó @ | No le gusta @ | N'a pas aimé @ | Gefällt @ nicht
        A ajouté un « Je n'aime pas » à @ | A attribué la mention « Je n'aime pas » à @
        Mislikte @ | Znielubił @ | Znielubiła @ | Nelíbí se @ | nem kedveli: @ | Не понравилось @
    """,
    "😂": """
        Laughed at @ | Le dio risa @ | Le hace gracia @ | Se rió de @ | A ri de @
        @ ein Lachen hinzugefügt | Lo av @ | Zaśmiał się z @ | Zaśmiała się z @ | Smál se @
        nevetett rajta: @ | Посмеялись над @
    """,
    "‼️": """
        Emphasized @ | Emphasised @ | Exclamó por @ | Enfatizó @ | Destacó @
        A mis en évidence @ | A souligné @ | @ ein Ausrufezeichen hinzugefügt
        Satte utropstegn ved @ | Podkreślił @ | Podkreśliła @ | Zdůrazněno @ | kiemelte: @
        Отмечено @
    """,
    "❓": """
        Questioned @ | Dudó sobre @ | A posé une question sur @ | S'est interrogé sur @
        S'est interrogée sur @ | S'est interrogé(e) sur @ | @ ein Fragezeichen hinzugefügt
        Satte spørsmålstegn ved @ | Zakwestionował @ | Zakwestionowała @ | Otázka @
        kérdezte: @ | Поставлен вопрос на @
    """,
    "": """
        Reacted {} to @ | Reacted with {} to @ | {} to @ | Reaccionó con {} a @
        Se ha reaccionado con {} a @ | A réagi avec {} à @ | Ha reagito con {} a @
        Reagerte med {} på @ | Zareagował {} na @ | Zareagowała {} na @ | Reagoval {} na @
        Reagovala {} na @ | {} reagált erre: @ | Реакция {} на @ | Реакция {} към @
        @ に{}でリアクションしました
    """,
}
_REMOVED: Mapping[str, str] = {
    "❤️": """
        Removed a heart from @ | A retiré un cœur de @ | A retiré un J'adore de @
        Fjernet et hjerte fra @ | Usunął serce z @ | Odstraněno srdce z @
        szívecske eltávolítva erről: @
    """,
    "👍": """
        Removed a like from @ | A retiré un J'aime de @ | Liker ikke lenger @
        Usunął polubienie z @ | Odebrán lajk z @ | kedvelés eltávolítva erről: @
    """,
    "👎": """
        Removed a dislike from @ | A retiré un Je n'aime pas de @ | Misliker ikke lenger @
        Usunął znielubienie z @ | Odstraněno nelíbí se z @ | nem kedvelés eltávolítva erről: @
    """,
    "😂": """
        Removed a laugh from @ | Fjernet latter fra @ | Usunął śmiech z @
        Odstranil jsem smích z @ | nevetés eltávolítva erről: @
    """,
    "‼️": """
        Removed an exclamation from @ | Fjernet et utropstegn fra @ | Usunął okrzyk z @
        Odstranil jsem vykřičník z @ | kiemelés eltávolítva erről: @
    """,
    "❓": """
        Removed a question mark from @ | Fjernet et spørsmålstegn fra @
        Usunął znak zapytania z @ | Odstraněn otazník z @ | kérdőjel eltávolítva erről: @
    """,
    "": """
        Removed {} from @ | Entfernte {} aus @ | A retiré {} de @ | Fjernet {} fra @
        Usunął {} z @ | Odstraněno {} z @ | {} eltávolítva innen: @ | Реакция {} удалена из @
        Премахнато {} от @ | @ 에서 {} 표시 제거함
    """,
}


@cache
def meanings() -> Mapping[tuple[str, str], Meaning]:
    """What a reaction means, by the words before and after its quote (see `simple`)."""
    found: dict[tuple[str, str], Meaning] = {}
    for group, is_removed in ((_GIVEN, False), (_REMOVED, True)):
        for emoji, texts in group.items():
            for text in texts.replace("\n", "|").split("|"):
                if text.strip():
                    before, after = text.split("@")
                    found[simple(before), simple(after)] = Meaning(emoji, is_removed)
    return found


_MARKS = str.maketrans({**dict.fromkeys("“”„«»‹›「」", '"'), **dict.fromkeys("‘’´`", "'")})


def simple(text: str) -> str:
    """Words for comparison: lower case, plain quotation marks, no spaces, no final full stop."""
    return "".join(text.translate(_MARKS).casefold().split()).rstrip(".")
