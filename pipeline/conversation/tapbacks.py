"""What phones send by SMS as a reaction: the words around the quote, in the languages known.

"@" stands for the quote and "{}" for an emoji. As others have collected them: English, Norwegian,
Polish, Czech, Hungarian, Russian and Bulgarian, and some of Spanish, French and German, from
https://github.com/quik-sms/quik (data/src/main/assets/emojis); German from
https://www.mactechnews.de/news/article/Nachrichten-in-iOS-10-Aenderungen-und-Neuerungen-im-Detail-164727.html;
Dutch, Danish, Swedish, Italian and the rest of Spanish, French and German as Android's messengers
read them; Japanese and Korean from tests of programs that read them.
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
        Gaf een hartje aan @ | Føjede et hjerte til @ | Gav ett hjärta till @
    """,
    "👍": """
        Liked @ | Le gustó @ | Le gusta @ | A aimé @ | Aimé @ | A ajouté un « J'aime » à @
        A attribué la mention « J'aime » à @ | Gefällt @ | Likte @ | Polubił @ | Polubiła @
        Líbilo se @ | kedveli: @ | Понравилось @
        Gefällt: @ | Ha aggiunto “Mi piace” a @ | Vond @ leuk | Syntes om @ | Gillade @
    """,
    "👎": """
        Disliked @ | No le gustó @ | No le gusta @ | N'a pas aimé @ | Gefällt @ nicht
        A ajouté un « Je n'aime pas » à @ | A attribué la mention « Je n'aime pas » à @
        Mislikte @ | Znielubił @ | Znielubiła @ | Nelíbí se @ | nem kedveli: @ | Не понравилось @
        Gefällt nicht: @ | Ha aggiunto “Non mi piace” a @ | Vond @ niet leuk | Syntes ikke om @
        Ogillade @
    """,
    "😂": """
        Laughed at @ | Le dio risa @ | Le hace gracia @ | Se rió de @ | A ri de @
        @ ein Lachen hinzugefügt | Lo av @ | Zaśmiał się z @ | Zaśmiała się z @ | Smál se @
        nevetett rajta: @ | Посмеялись над @
        A ajouté un rire à @ | Trova divertente @ | Lachte om @ | Grinede af @ | Skrattade åt @
    """,
    "‼️": """
        Emphasized @ | Emphasised @ | Exclamó por @ | Enfatizó @ | Destacó @
        A mis en évidence @ | A souligné @ | @ ein Ausrufezeichen hinzugefügt
        Satte utropstegn ved @ | Podkreślił @ | Podkreśliła @ | Zdůrazněno @ | kiemelte: @
        Отмечено @
        Le sorprende @ | A ajouté des points d'exclamation à @ | Ha aggiunto i punti esclamativi a @
        Benadrukte @ | Føjede udråbstegn til @ | Betonade @
    """,
    "❓": """
        Questioned @ | Dudó sobre @ | A posé une question sur @ | S'est interrogé sur @
        S'est interrogée sur @ | S'est interrogé(e) sur @ | @ ein Fragezeichen hinzugefügt
        Satte spørsmålstegn ved @ | Zakwestionował @ | Zakwestionowała @ | Otázka @
        kérdezte: @ | Поставлен вопрос на @
        Duda sobre @ | A ajouté un point d'interrogation à @
        Ha aggiunto il punto interrogativo a @ | Zette een vraagteken bij @
        Føjede et spørgsmålstegn til @ | Satte ett frågetecken på @
    """,
    "": """
        Reacted {} to @ | Reacted with {} to @ | {} to @ | Reaccionó con {} a @
        Se ha reaccionado con {} a @ | A réagi avec {} à @ | Ha reagito con {} a @
        Reagerte med {} på @ | Zareagował {} na @ | Zareagowała {} na @ | Reagoval {} na @
        Reagovala {} na @ | {} reagált erre: @ | Реакция {} на @ | Реакция {} към @
        @ に{}でリアクションしました
        Hat mit {} auf @ reagiert | Reageerde met {} op @ | Reagerede med {} på @
        Reagerade med {} på @ | La til {} for @ | {} till @
    """,
}
_REMOVED: Mapping[str, str] = {
    "❤️": """
        Removed a heart from @ | A retiré un cœur de @ | A retiré un J'adore de @
        Fjernet et hjerte fra @ | Usunął serce z @ | Odstraněno srdce z @
        szívecske eltávolítva erről: @
        Ya no le encanta @ | A retiré son « J'adore » de @ | Herz von @ entfernt
        Ha rimosso il cuoricino da @ | Verwijderde een hartje van @ | Fjernede et hjerte fra @
        Tog bort ett hjärta från @
    """,
    "👍": """
        Removed a like from @ | A retiré un J'aime de @ | Liker ikke lenger @
        Usunął polubienie z @ | Odebrán lajk z @ | kedvelés eltávolítva erről: @
        Ya no le gusta @ | A retiré son « J'aime » de @ | „Gefällt mir“ von @ entfernt
        Ha rimosso “Mi piace” da @ | Verwijderde een duim omhoog van @
        Fjernede et synes om fra @ | Tog bort ett gillande från @
    """,
    "👎": """
        Removed a dislike from @ | A retiré un Je n'aime pas de @ | Misliker ikke lenger @
        Usunął znielubienie z @ | Odstraněno nelíbí se z @ | nem kedvelés eltávolítva erről: @
        Ya no le disgusta @ | A retiré son « Je n'aime pas » de @
        „Gefällt mir nicht“ von @ entfernt | Ha rimosso “Non mi piace” da @
        Verwijderde een duim omlaag van @ | Fjernede et synes ikke om fra @
        Tog bort ett ogillande från @
    """,
    "😂": """
        Removed a laugh from @ | Fjernet latter fra @ | Usunął śmiech z @
        Odstranil jsem smích z @ | nevetés eltávolítva erről: @
        Ya no le hace gracia @ | A retiré son rire de @ | Lachen von @ entfernt
        Non trova più divertente @ | Verwijderde een lach van @ | Fjernede et grin fra @
        Tog bort ett skratt från @
    """,
    "‼️": """
        Removed an exclamation from @ | Fjernet et utropstegn fra @ | Usunął okrzyk z @
        Odstranil jsem vykřičník z @ | kiemelés eltávolítva erről: @
        Ya no le sorprende @ | A retiré ses points d'exclamation de @
        Ausrufezeichen von @ entfernt | Ha rimosso i punti esclamativi da @
        Verwijderde een uitroepteken van @ | Fjernede et udråbstegn fra @
        Tog bort utropstecken från @
    """,
    "❓": """
        Removed a question mark from @ | Fjernet et spørsmålstegn fra @
        Usunął znak zapytania z @ | Odstraněn otazník z @ | kérdőjel eltávolítva erről: @
        Ya no duda sobre @ | A retiré son point d'interrogation de @ | Fragezeichen von @ entfernt
        Ha rimosso il punto interrogativo da @ | Verwijderde een vraagteken van @
        Fjernede et spørgsmålstegn fra @ | Tog bort ett frågetecken från @
    """,
    "": """
        Removed {} from @ | Entfernte {} aus @ | A retiré {} de @ | Fjernet {} fra @
        Usunął {} z @ | Odstraněno {} z @ | {} eltávolítva innen: @ | Реакция {} удалена из @
        Премахнато {} от @ | @ 에서 {} 표시 제거함
        Ha eliminado {} de @ | {} aus @ entfernt | Ha rimosso {} da @ | Verwijderde {} uit @
        Fjernede {} fra @ | Tog bort {} från @ | Fjernet {} for @
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
