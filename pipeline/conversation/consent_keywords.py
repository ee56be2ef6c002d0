"""STOP, START and HELP: which messages ask to be messaged, or not to be.

They are only marked here. START words mean something only from a contact who has opted out;
pipeline/converse/consent.py decides what follows. Providers read these words, the bot adds its own
(pipeline/botkit/content/consent.py), and the test kit reads both.

Contacts may opt out "using any reasonable means" in the US, and "stop", "quit", "end", "revoke",
"opt out", "cancel" and "unsubscribe" always count: 47 CFR 64.1200(a)(10). A message counts only as
a whole, and only if it cannot be an ordinary answer: "bus stop" and "don't stop" do not.
"""

import re
import unicodedata
from collections.abc import Mapping

from pipeline.enums import Consent
from pipeline.messages import Channel

# On SMS, as the only word of a message, in any case:
# https://help.twilio.com/articles/223134027 and
# https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out (REVOKE, OPTOUT).
KEYWORDS: Mapping[str, Consent] = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
        Consent.STOP,
    ),
    **dict.fromkeys(("START", "YES", "UNSTOP"), Consent.START),
    **dict.fromkeys(("HELP", "INFO"), Consent.HELP),
}
# These mean nothing else in a conversation, so they count on every channel, with any punctuation
# and with "please": WhatsApp's policy wants every opt-out honoured,
# https://business.whatsapp.com/policy
_STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "REVOKE", "OPTOUT"})
_STARTS = frozenset({"START", "UNSTOP", "OPTIN", "OPT IN", "RESUBSCRIBE"})
# Contacts list several words as they were listed to them: "STOP CANCEL END".
_LISTED = frozenset(word for word, wish in KEYWORDS.items() if wish == Consent.STOP)

_PARTS = {
    "messages": r"(?:(?:TEXT )?MESSAGES|TEXTS|SMS|MSGS?|TXTS|MESSAGING|TEXTING|SPAM)",
    "me": r"(?:ME|THIS NUMBER|MY NUMBER|MY PHONE)",
    "kind": r"(?:SMS|TEXT|MAILING|MESSAGING)",
    "refusal": r"I (?:DO NOT|DONT|NO LONGER) (?:WANT|WISH)",
    "wish": r"(?:ID LIKE TO|I (?:WANT|WISH|WOULD LIKE|NEED) TO)",
}
_PHRASES = (
    r"(?:STOP|END|QUIT) ALL",
    r"OPT(?: ME)? OUT(?: (?:OF|FROM)(?: ALL| THESE| THIS| YOUR)* %(messages)s)?",
    r"(?:UNSUBSCRIBE|UNSUB|REMOVE) ME",
    r"UNSUB",
    r"(?:REPLY|TEXT|TXT|SEND) STOP",
    r"UNSUBSCRIBE(?: ME)?(?: FROM)? ALL",
    r"(?:STOP|QUIT) (?:TEXTING|MESSAGING|CONTACTING|SPAMMING|BOTHERING)(?: %(me)s)?",
    r"(?:STOP|QUIT) SENDING(?: ME)?(?: ANY| THESE| YOUR| ALL)?(?: MORE)?(?: %(messages)s)?",
    r"STOP (?:GETTING|RECEIVING)(?: ANY| THESE| YOUR| ALL)* %(messages)s",
    r"(?:STOP|END|CANCEL|QUIT)(?: ALL)?(?: THE| THESE| YOUR)? %(messages)s",
    r"NO MORE(?: OF THESE)? %(messages)s",
    r"(?:DO NOT|DONT) SEND(?: ME)?(?: ANY| THESE)?(?: MORE)? %(messages)s",
    r"(?:DO NOT|DONT) (?:TEXT|MESSAGE|CONTACT|SPAM) %(me)s",
    r"(?:NEVER|DO NOT EVER|DONT EVER) (?:TEXT|MESSAGE|CONTACT) %(me)s",
    r"UNSUBSCRIBE(?: ME)? FROM(?: ALL| THESE| THIS| YOUR)*(?: LIST| %(messages)s)",
    r"(?:TAKE|REMOVE) (?:ME|MY NUMBER) (?:OFF|FROM)(?: THE| THIS| YOUR)?(?: %(kind)s)? LIST",
    r"(?:DELETE|REMOVE|LOSE) MY NUMBER",
    r"%(wish)s (?:OPT OUT|UNSUBSCRIBE|BE REMOVED|BE UNSUBSCRIBED|BE OPTED OUT)",
    r"%(wish)s STOP (?:GETTING|RECEIVING)(?: ANY| THESE| YOUR| ALL)* %(messages)s",
    r"%(refusal)s(?: TO)?(?: GET| RECEIVE)?(?: ANY| MORE| THESE| YOUR)* %(messages)s",
    r"I (?:OPT OUT|UNSUBSCRIBE)",
    r"(?:I )?(?:REVOKE|WITHDRAW)(?: MY)? CONSENT",
)
_PHRASE = re.compile("|".join(_PHRASES) % _PARTS)
_BEFORE = re.compile(
    r"(?:PLEASE|PLS|PLZ|KINDLY|JUST|HI|HELLO|HEY|OK|OKAY|CAN YOU|COULD YOU|WOULD YOU) "
)
_AFTER = re.compile(
    r" (?:PLEASE|PLS|PLZ|THANKS|THANK YOU|THX|NOW|RIGHT NOW|IMMEDIATELY|AT ONCE|ASAP|ANYMORE|"
    r"ANY MORE|ANY LONGER|AGAIN|FOREVER)"
)
_POLITE = re.compile(r"(?:PLEASE|PLS|PLZ|KINDLY) ")
# One of these words is in every longer text that could count; most messages need no closer look.
_HINTS = (
    "stop", "opt", "unsub", "revoke", "remove", "withdraw", "delete", "take", "more", "don",
    "not", "longer", "never", "lose", "quit", "cancel", "end", "start", "\n", "sent ", "__",
)  # fmt: skip
_SHORT = 16
_LONGEST = 120
_LONGEST_SIGNED = 400

# What mail apps and phones add below or after a message, in the languages they come in.
_SIGNATURE = re.compile(
    r"(?:\s|^)(?:--\s|__|"
    r"(?:sent (?:from|via|using|with) |get outlook for |"
    r"gesendet (?:von|mit|über) |von meinem \w+ gesendet|"
    r"envoyé (?:de|depuis|à partir de) |enviado (?:desde|do|de|pelo|con) |"
    r"inviato (?:da|dal|con) |verzonden (?:vanaf|met) |verstuurd vanaf |"
    r"skickat från |sendt fra |wysłan[eo] z |отправлено с ))",
    re.IGNORECASE,
)
_JOINED = str.maketrans("", "", "'\u2019\u2018`\u00b4")


def consent(text: str, channel: Channel) -> Consent | None:
    """What the text of a message asks for, if it asks for nothing else."""
    if len(text) > _SHORT and text.isascii() and not _is_hinting(text):
        return None
    body = _unsigned(text)
    if not body or len(body) > _LONGEST:
        return None
    exact = body.upper()
    if channel == "sms" and exact in KEYWORDS:
        return KEYWORDS[exact]
    said = plain(body)
    is_question = "?" in body
    if not is_question and said in _STARTS:
        return Consent.START
    return Consent.STOP if _asks_to_stop(said, is_question=is_question) else None


def _is_hinting(text: str) -> bool:
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def _asks_to_stop(said: str, *, is_question: bool) -> bool:
    """Whether these words as a whole ask for no more messages; "Stop?" alone may be a question."""
    core = _without(_AFTER, said, at_end=True)
    if not is_question:
        alone = _without(_POLITE, core)
        words = set(alone.split())
        if words and words <= _LISTED and words & _STOPS:
            return True
        # Spelled out: "S T O P", "s.t.o.p".
        if alone.replace(" ", "") in _STOPS and all(len(word) == 1 for word in words):
            return True
    return _PHRASE.fullmatch(_without(_BEFORE, core)) is not None


def _without(pattern: re.Pattern[str], said: str, *, at_end: bool = False) -> str:
    """The words without what `pattern` finds at their beginning or end, however often."""
    while True:
        if at_end:
            found = next((m for m in pattern.finditer(said) if m.end() == len(said)), None)
            shorter = said[: found.start()] if found else said
        else:
            found = pattern.match(said)
            shorter = said[found.end() :] if found else said
        if not found or not shorter:
            return said
        said = shorter


def plain(text: str) -> str:
    """The words of a text for comparison: upper case, no accents, punctuation or apostrophes."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not _is_mark(c))
    return " ".join(re.split(r"[\W_]+", text.translate(_JOINED).upper())).strip()


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) == "Mn"


def _unsigned(text: str) -> str:
    """The text in plain widths, without invisible characters and a signature; "" for a long one."""
    if len(text) > _LONGEST_SIGNED:
        return ""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        # Zero-width and direction marks, soft hyphens, what makes an emoji of a letter.
        text = "".join(c for c in text if unicodedata.category(c) != "Cf" and c not in _SELECTORS)
    text = text.strip()
    found = _SIGNATURE.search(text)
    if found and text[: found.start()].strip():
        text = text[: found.start()].strip()
    return text


_SELECTORS = frozenset("\ufe0e\ufe0f\u20e3\u034f\u115f\u1160\u3164\uffa0\u2800")


class OwnKeywords:
    """Words that a bot adds, each as a whole message on any channel; later ones win."""

    __slots__ = ("_longest", "_wishes")

    def __init__(self, words: Mapping[Consent, Mapping[str, tuple[str, ...]]]) -> None:
        self._wishes = {
            plain(_unsigned(one)): wish
            for wish, by_language in words.items()
            for ones in by_language.values()
            for one in ones
        }
        self._wishes.pop("", None)
        self._longest = max(map(len, self._wishes), default=0)

    def consent(self, text: str) -> Consent | None:
        """What the text asks for in one of these words."""
        if len(text) > self._longest + _SHORT and text.isascii() and not _is_hinting(text):
            return None
        body = _unsigned(text)
        if not body or len(body) > _LONGEST or "?" in body:
            return None
        return self._wishes.get(plain(body))
