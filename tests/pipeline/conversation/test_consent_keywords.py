"""Which messages are a STOP, START or HELP: as a whole, and only if they are nothing else."""

import time

import pytest

from pipeline.botkit import Consent
from pipeline.conversation.consent_keywords import consent
from pipeline.enums import Consent as Wish
from pipeline.errors import BotDefinitionError
from pipeline.messages import Channel, Inbound, Media

STOPS = (
    *("STOP", "stop", "Stop", "STOPALL", "stop all", "UNSUBSCRIBE", "revoke", "OPTOUT"),
    *("opt out", "OPT-OUT", "opt_out", "Opt out.", "Opt  out", "opt me out", '"STOP"', "(stop)"),
    *("STOP\u200b", "\ufeffSTOP", "S\u00adTOP", "\u202aSTOP\u202c", "ST\u2060OP", "STOP\ufe0f"),
    *("ＳＴＯＰ", "ｓｔｏｐ", "STOP\u00a0", "STOP\u3000", "𝗦𝗧𝗢𝗣", "Ⓢⓣⓞⓟ"),
    *("STOP\nSent from my iPhone", "Stop.\n\nSent from Yahoo Mail", "stop\n--\nAda Lovelace"),
    *("STOP Sent from my iPhone", "Stop\nGesendet von meinem iPhone", "stop\nGet Outlook for iOS"),
    *("Stop\nEnvoyé de mon iPhone", "STOP\nEnviado desde mi iPhone"),
    *("Stop!", "STOP!!!", "stop...", "STOP 🛑", "stop :(", "S T O P", "s.t.o.p.", "STOP STOP STOP"),
    *(
        "please stop",
        "stop please",
        "Pls stop",
        "STOP now",
        "Please STOP, thank you",
        "Stop. Thanks",
    ),
    *("stop texting me", "Please stop texting me!", "Stop messaging", "stop sending me messages"),
    *("stop sending me these texts", "Stop these messages", "stop your sms", "stop the texts"),
    *("Hi, please stop texting me", "Can you please stop texting me?", "STOP CONTACTING ME"),
    *("no more messages", "No more texts please", "don't text me", "Don’t message me anymore"),
    *("Do not contact me again", "dont send me any more messages", "unsubscribe me", "remove me"),
    *("Unsubscribe from this list", "Remove me from your list", "take me off the list"),
    *("Please take my number off your sms list", "delete my number", "I want to opt out"),
    *("I'd like to unsubscribe", "I would like to be removed", "I revoke my consent"),
    *(
        "withdraw consent",
        "STOP CANCEL END",
        "stop, quit",
        "Quit texting me!",
        "never text me again",
    ),
    *("I do  not want messages", "I no  longer want messages", "Do\tnot text me again"),
    *("I don't want these messages", "I do not want to receive any more texts", "cancel texts"),
    *("I no longer wish to receive messages.", "end all messages", "Unsubscribe from all"),
    *("stop msgs", "Stop texting this number", "unsub", "Unsub me", "lose my number", "text STOP"),
    *("opt me out of these messages", "I want to stop receiving your texts", "stop getting texts"),
)
ONLY_BY_SMS = (
    "CANCEL",
    "cancel",
    "end",
    " Quit ",
    "CANCEL\nSent from my iPad",
    "ＣＡＮＣＥＬ",
    "end\u200b",
)
ORDINARY = (
    *("", " ", "?", "…", "don't stop", "Don’t stop!", "bus stop", "the bus stop", "non-stop"),
    *(
        "stop at the door",
        "I can't stop",
        "I will not stop",
        "Stop by tomorrow",
        "stop it",
        "stopp it",
    ),
    *("Stop?", "stop or go", "Cancel.", "Cancel!", "cancel my order", "please cancel my order"),
    *("the end", "end of the month", "weekend", "quit smoking", "opt out of what?", "optout how"),
    *("remove me from the waitlist", "remove the first one", "my number", "no more", "no"),
    *("I don't want to", "I don't want it anymore", "I don't want any", "quit it", "cancel all"),
    *("text", "send", "text me at the stop", "this number", "my phone", "stop my phone alarm"),
    *("never", "never mind", "I never got your messages", "I want more messages"),
    *("I want to stop receiving the newspaper", "leave me at the door", "cancel the text to Bob"),
    *("unsubscribe how", "how do I unsubscribe from the newsletter by e-mail?", "stopwatch"),
    *(
        "revoke my licence",
        "please",
        "thanks",
        "I'm at the stop\nSent from my iPhone",
        "Sent from my iPhone",
    ),
    *("stop " * 200, "x" * 5000),
)


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize("text", STOPS)
def test_it_is_a_stop_on_every_channel(text: str, channel: Channel) -> None:
    assert consent(text, channel) == Wish.STOP


@pytest.mark.parametrize("text", ONLY_BY_SMS)
def test_ambiguous_words_count_by_sms_only(text: str) -> None:
    assert consent(text, "sms") == Wish.STOP
    assert consent(text, "whatsapp") is None


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize("text", ORDINARY)
def test_it_is_an_ordinary_message(text: str, channel: Channel) -> None:
    assert consent(text, channel) is None


@pytest.mark.parametrize("text", ["start", "START.", "unstop", "opt in", "Opt-in!", "ＳＴＡＲＴ"])
def test_it_is_a_start(text: str) -> None:
    assert consent(text, "whatsapp") == Wish.START


@pytest.mark.parametrize(("text", "wish"), [("YES", "start"), ("help", "help"), ("Info", "help")])
def test_by_sms_the_carriers_words_count_too(text: str, wish: str) -> None:
    assert consent(text, "sms") == wish
    assert consent(text, "whatsapp") is None


def test_no_text_keeps_a_web_process_busy() -> None:
    started = time.perf_counter()
    for text in ("please " * 50, "stop " * 20 + "x", "sent from " * 40, "'" * 400, "s " * 200):
        consent(text, "sms")
    assert time.perf_counter() - started < 0.1


def a_message(text: str, **more: object) -> Inbound:
    return Inbound("p", "a", "i", "whatsapp", "k", "r", text=text, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["ARRET", "Arrêt", "arrête !", "STOPP", "abmelden", "Darme de baja", "СТОП", "Afmelden"]
)
def test_words_of_other_languages_are_there_from_the_start(text: str) -> None:
    assert Consent().marked(a_message(text)).consent == Wish.STOP


def test_a_bot_adds_its_own_words() -> None:
    own = Consent(
        stop_words={"es": ("BAJA", "Parar"), "fr": ()},
        start_words={"es": ("Alta",)},
        help_words={"es": ["AYUDA"]},  # type: ignore[dict-item]
    )
    marked = {text: own.marked(a_message(text)).consent for text in ("baja", "¡PARAR!", "Parar.")}
    assert set(marked.values()) == {Wish.STOP}
    assert own.marked(a_message("alta")).consent == Wish.START
    assert own.marked(a_message("ayuda")).consent == Wish.HELP
    # Its words for Spanish replace the defaults, none for French takes those away.
    assert own.marked(a_message("Darme de baja")).consent is None
    assert own.marked(a_message("ARRET")).consent is None
    assert own.marked(a_message("abmelden")).consent == Wish.STOP
    assert own.marked(a_message("la baja presión")).consent is None
    assert own.marked(a_message("¿baja?")).consent is None


def test_what_the_provider_saw_stays() -> None:
    message = a_message("BAJA", consent=Wish.HELP)
    assert Consent(stop_words={"es": ("BAJA",)}).marked(message) is message


def test_a_caption_or_a_tap_is_an_answer() -> None:
    own = Consent(stop_words={"es": ("BAJA",)})
    for more in ({"kind": "tap"}, {"kind": "media", "media": (Media("https://x"),)}):
        assert own.marked(a_message("BAJA", **more)).consent is None


@pytest.mark.parametrize(
    "words", [("BAJA",), {"es": "BAJA"}, {"es": ("",)}, {"es": (1,)}, {1: ("BAJA",)}, "BAJA"]
)
def test_wrong_words_are_refused_at_start(words: object) -> None:
    with pytest.raises(BotDefinitionError, match=r"Consent\(stop_words=…\) must map languages"):
        Consent(stop_words=words)  # type: ignore[arg-type]
