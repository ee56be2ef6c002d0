"""Template: a message that WhatsApp has approved, the only kind that may open a talk there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.botkit.content.replies import Screen
from pipeline.conversation.turns import Reply
from pipeline.errors import BotError
from pipeline.messages import storable

PAGE = "https://www.twilio.com/docs/content/using-variables-with-content-api"
LONGEST_NAME = 16
LONGEST_VALUE = 1600
# https://www.twilio.com/docs/api/errors/21655
_SID = re.compile(r"HX[0-9a-fA-F]{32}")
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template by its ContentSid: `Template("HX…", {"1": "Ada"}, preview="Hi {{1}}!")`.

    It may go out when the contact's last message is more than 24 hours old. `preview` is the
    template's text: it is what the log shows, and what goes out by SMS, which has no templates.
    """

    content_sid: str
    variables: Mapping[str, str] = field(default_factory=dict)
    preview: str = ""

    def __post_init__(self) -> None:
        approved(self.content_sid, self.variables)

    def rendered(self, above: str, screen: Screen) -> list[Reply]:
        """The text above, then the template. Raises BotError by SMS where there is no preview."""
        content = approved(self.content_sid, self.variables)
        text = _filled(self.preview, content["content_variables"])
        if screen.channel == "whatsapp":
            return [*screen.texts(above), Reply("template", text, (), content)]
        if not text.strip():
            raise BotError(f"a Template needs preview=, its text, for {screen.channel}")
        return [*screen.texts(above), *screen.texts(text)]


def approved(content_sid: object, variables: object) -> dict[str, Any]:
    """The `content` of a reply that is sent as a template. Raises BotError that says what is wrong.

    Twilio refuses an empty variable: https://www.twilio.com/docs/api/errors/21656
    """
    if not isinstance(content_sid, str) or not _SID.fullmatch(content_sid):
        raise BotError(f"a ContentSid is HX and 32 hexadecimal digits, not {content_sid!r}")
    if not isinstance(variables, Mapping):
        raise BotError(f"the variables of a template are {{name: text}}, not {variables!r}")
    return {
        "content_sid": content_sid,
        "content_variables": {
            _name(name): _value(name, value) for name, value in variables.items()
        },
    }


def _name(name: object) -> str:
    if not 1 <= len(str(name)) <= LONGEST_NAME or " " in str(name):
        raise BotError(f"a variable's name has 1 to {LONGEST_NAME} letters, not {name!r} ({PAGE})")
    return str(name)


def _value(name: object, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BotError(f"the template's variable {name!r} needs a text, not {value!r}")
    if len(value) > LONGEST_VALUE:
        raise BotError(f"the template's variable {name!r} is over {LONGEST_VALUE} long ({PAGE})")
    return storable(value)


def _filled(preview: str, variables: Mapping[str, str]) -> str:
    return storable(_PLACE.sub(lambda place: variables.get(place[1], place[0]), preview))
