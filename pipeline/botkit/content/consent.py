"""What is said to STOP, START and HELP where the provider says nothing itself.

Twilio answers them for its long codes and toll-free numbers. It does not on WhatsApp and for a
short code of its own, and nobody does in the simulator: there the engine sends these, once.
"""

from dataclasses import dataclass, fields

from pipeline.botkit.content.splitting import LONGEST_BODY
from pipeline.errors import BotDefinitionError


@dataclass(frozen=True, slots=True)
class ConsentTexts:
    """The three answers; "" says nothing.

    US carriers want the name of the sender in each, and in `help` a way to reach a person:
    https://www.twilio.com/help/faq/short-codes/what-does-a-compliant-help-and-stop-message-look-like
    """

    stop: str = "You will get no more messages from us. Reply START to get them again."
    start: str = "You will get our messages again. Reply STOP to end them."
    help: str = "Reply STOP to get no more messages from us, START to get them again."

    def __post_init__(self) -> None:
        for field in fields(self):
            text = getattr(self, field.name)
            if not isinstance(text, str) or len(text) > LONGEST_BODY:
                raise BotDefinitionError(
                    f"ConsentTexts({field.name}=…) takes a text of at most {LONGEST_BODY} "
                    "characters"
                )
