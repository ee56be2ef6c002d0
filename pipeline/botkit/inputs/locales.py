"""How dates are written in a language: order, names of months, words for days.

Names are compared without case and accents, and are stored here as people write them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pipeline.botkit.author import author_line
from pipeline.errors import BotDefinitionError
from pipeline.suggestions import did_you_mean

Order = Literal["dmy", "mdy", "ymd"]
ORDERS = ("dmy", "mdy", "ymd")


@dataclass(frozen=True, slots=True)
class Language:
    """`months` are as in a long date, `others` their other forms; `days` are today, tomorrow, …"""

    months: tuple[str, ...]
    days: tuple[str, ...]
    pattern: str = "{day} {month} {year}"
    order: Order | None = "dmy"
    others: tuple[str, ...] = ()

    def long(self, day: date) -> str:
        """The day with the name of its month, which nobody reads as another day."""
        name = self.months[day.month - 1]
        return self.pattern.format(day=day.day, month=name, year=day.year, number=day.month)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace("_", " ").split(";"))


def _months(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENGLISH = Language(
    _months(
        "January February March April May June July August September October November December"
    ),
    _words("today;tomorrow;the day after tomorrow"),
    # 6/7 is the 6th of July in London and the 7th of June in New York.
    order=None,
)
_AMERICAN = Language(ENGLISH.months, ENGLISH.days, "{month} {day}, {year}", "mdy")
_BRITISH = Language(ENGLISH.months, ENGLISH.days)
_OF = "{day} de {month} de {year}"
_HAN = "{year}年{number}月{day}日"
LANGUAGES = {
    "en": ENGLISH,
    "de": Language(
        _months(
            "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
        ),
        _words("heute;morgen;übermorgen"),
        "{day}. {month} {year}",
        others=_months("Jänner Feber Maerz"),
    ),
    "fr": Language(
        _months(
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
        ),
        _words("aujourd'hui;demain;après-demain"),
    ),
    "es": Language(
        _months(
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
            "diciembre"
        ),
        _words("hoy;mañana;pasado mañana"),
        _OF,
    ),
    "pt": Language(
        _months(
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
            "dezembro"
        ),
        _words("hoje;amanhã;depois de amanhã"),
        _OF,
    ),
    "it": Language(
        _months(
            "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
            "dicembre"
        ),
        _words("oggi;domani;dopodomani"),
    ),
    "nl": Language(
        _months(
            "januari februari maart april mei juni juli augustus september oktober november "
            "december"
        ),
        _words("vandaag;morgen;overmorgen"),
    ),
    "pl": Language(
        _months(
            "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
            "listopada grudnia"
        ),
        _words("dziś;jutro;pojutrze"),
        others=_months(
            "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik "
            "listopad grudzień"
        ),
    ),
    "sv": Language(
        _months(
            "januari februari mars april maj juni juli augusti september oktober november december"
        ),
        _words("idag;imorgon;i övermorgon"),
    ),
    "da": Language(
        _months(
            "januar februar marts april maj juni juli august september oktober november december"
        ),
        _words("i dag;i morgen;i overmorgen"),
        "{day}. {month} {year}",
    ),
    "nb": Language(
        _months(
            "januar februar mars april mai juni juli august september oktober november desember"
        ),
        _words("i dag;i morgen;i overmorgen"),
        "{day}. {month} {year}",
    ),
    "tr": Language(
        _months("Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık"),
        _words("bugün;yarın;öbür gün"),
    ),
    "ja": Language(("",) * 12, _words("今日;明日;明後日"), _HAN, "ymd"),
    "zh": Language(("",) * 12, _words("今天;明天;后天"), _HAN, "ymd"),
}


def language_of(locale: object) -> Language:
    """How dates are written in a locale such as "de" or "en-US". Raises BotDefinitionError."""
    parts = str(locale).replace("_", "-").lower().split("-")
    found = LANGUAGES.get("nb" if parts[0] == "no" else parts[0])
    if not isinstance(locale, str) or found is None:
        known = ", ".join(sorted(LANGUAGES))
        raise BotDefinitionError(
            f"{author_line()}: Date(locale={locale!r}) must be one of {known}, with a region where "
            f"it matters, such as en-US{did_you_mean(locale, LANGUAGES)}; for others use order="
        )
    if found is not ENGLISH or len(parts) == 1:
        return found
    # Canada writes both, so it stays without an order.
    return {"us": _AMERICAN, "ph": _AMERICAN, "ca": ENGLISH}.get(parts[-1], _BRITISH)
