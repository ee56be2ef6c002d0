"""The bot's own STOP, START and HELP: words in its contacts' languages, and replies.

Parley knows the words of carriers and clear requests in English (pipeline/conversation).
`Inbound.provider_answered` says whether the provider replied; otherwise the engine sends these
texts, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from pipeline.botkit.content.splitting import LONGEST_BODY
from pipeline.conversation.consent_keywords import OwnKeywords
from pipeline.enums import Consent as Wish
from pipeline.errors import BotDefinitionError
from pipeline.messages import Inbound

Words = Mapping[str, tuple[str, ...]]

# Words that say nothing else. French: required in Canada,
# https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html (ARRET) and
# https://www.twilio.com/docs/proxy/opt-out-keywords (ARRET, ARRETT, ARRETE). The others are the
# words for unsubscribing; BAJA, PARAR or SAIR can be an answer, so add them where they cannot.
STOP_WORDS: Words = MappingProxyType(
    {
        "de": ("STOPP", "Abmelden", "Abbestellen", "Keine Nachrichten mehr"),
        "es": ("Darme de baja", "Dar de baja", "Cancelar suscripción", "No más mensajes"),
        "fr": ("ARRET", "ARRETT", "ARRETE", "ARRETEZ", "Désabonner", "Me désabonner"),
        "it": ("Disiscrivimi", "Cancellami", "Annulla iscrizione", "Basta messaggi"),
        "nl": ("Afmelden", "Uitschrijven"),
        "pt": ("Descadastrar", "Cancelar inscrição", "Cancelar subscrição", "Não quero mensagens"),
        "ru": ("СТОП", "Отписаться"),
    }
)
_TEXTS = ("stop", "start", "help")
_WORDS = ("stop_words", "start_words", "help_words")


@dataclass(frozen=True)
class Consent:
    """The three replies, "" for none, and more words for STOP, START and HELP by language.

    The words of every language count, as a whole message on any channel. `stop_words` replaces the
    defaults (STOP_WORDS) of the languages it names: `{"es": ("BAJA", "PARAR"), "ru": ()}`.

    US carriers require the sender's name in each reply, and in `help` a way to reach a person:
    https://www.twilio.com/help/faq/short-codes/what-does-a-compliant-help-and-stop-message-look-like
    """

    stop: str = "You will get no more messages from us. Reply START to get them again."
    start: str = "You will get our messages again. Reply STOP to end them."
    help: str = "Reply STOP to get no more messages from us, START to get them again."
    stop_words: Words = field(default_factory=dict, kw_only=True)
    start_words: Words = field(default_factory=dict, kw_only=True)
    help_words: Words = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        for name in _TEXTS:
            text = getattr(self, name)
            if not isinstance(text, str) or len(text) > LONGEST_BODY:
                raise BotDefinitionError(
                    f"Consent({name}=…) must be a text of up to {LONGEST_BODY} characters"
                )
        for name in _WORDS:
            _check_words(name, getattr(self, name))

    def reply(self, wish: Wish) -> str:
        """The reply to a STOP, START or HELP; "" for none."""
        text: str = getattr(self, wish.value)
        return text if text.strip() else ""

    @cached_property
    def own_keywords(self) -> OwnKeywords:
        """The words of all languages."""
        return OwnKeywords(
            {
                Wish.HELP: self.help_words,
                Wish.START: self.start_words,
                Wish.STOP: {**STOP_WORDS, **self.stop_words},
            }
        )

    def marked(self, message: Inbound) -> Inbound:
        """The message with the consent that the bot's own words see in it."""
        if message.consent or not message.is_plain:
            return message
        wish = self.own_keywords.consent(message.text)
        return replace(message, consent=wish) if wish else message


def _check_words(name: str, words: object) -> None:
    is_right = isinstance(words, Mapping) and all(
        isinstance(language, str)
        and isinstance(ones, tuple | list)
        and all(isinstance(one, str) and one.strip() for one in ones)
        for language, ones in words.items()
    )
    if not is_right:
        raise BotDefinitionError(
            f'Consent({name}=…) must map languages to words, as in {{"es": ("BAJA", "PARAR")}}'
        )


# Deprecated: its name before this release.
ConsentTexts = Consent
