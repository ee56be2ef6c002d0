"""Template: a message that WhatsApp has approved, the only kind it delivers after 24 hours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.botkit.content.replies import Renderer
from pipeline.conversation.turns import Reply
from pipeline.errors import BotError
from pipeline.jsons import JsonObject
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

    WhatsApp delivers it even if the contact's last message is more than 24 hours old. `preview` is
    the template's text: the message history shows it, and SMS, which has no templates, sends it.
    """

    content_sid: str
    variables: Mapping[str, str] = field(default_factory=dict)
    preview: str = ""

    def __post_init__(self) -> None:
        template_content(self.content_sid, self.variables)

    def render(self, above: str, renderer: Renderer) -> list[Reply]:
        """The text `above`, then the template. Raises BotError by SMS without a preview."""
        content = template_content(self.content_sid, self.variables)
        text = _fill(self.preview, content["content_variables"])
        if renderer.channel == "whatsapp":
            return [*renderer.texts(above), Reply("template", text, (), content)]
        if not text.strip():
            raise BotError(f"a Template needs its text as preview= for {renderer.channel}")
        return [*renderer.texts(above), *renderer.texts(text)]


def template_content(content_sid: object, variables: object) -> JsonObject:
    """The `content` of a Reply that sends a template. Raises BotError if an argument is wrong.

    An empty variable is refused: https://www.twilio.com/docs/api/errors/21656
    """
    if not isinstance(content_sid, str) or not _SID.fullmatch(content_sid):
        raise BotError(f"a ContentSid must be HX and 32 hexadecimal digits, not {content_sid!r}")
    if not isinstance(variables, Mapping):
        raise BotError(f"the variables of a template must be {{name: text}}, not {variables!r}")
    return {
        "content_sid": content_sid,
        "content_variables": {
            _name(name): _value(name, value) for name, value in variables.items()
        },
    }


def _name(name: object) -> str:
    if not 1 <= len(str(name)) <= LONGEST_NAME or " " in str(name):
        raise BotError(
            f"a variable's name must have 1 to {LONGEST_NAME} letters: {name!r} ({PAGE})"
        )
    return str(name)


def _value(name: object, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BotError(f"the template's variable {name!r} must be text, not {value!r}")
    if len(value) > LONGEST_VALUE:
        raise BotError(
            f"the template's variable {name!r} has {len(value)} characters; {LONGEST_VALUE} fit "
            f"({PAGE})"
        )
    return storable(value)


def _fill(preview: str, variables: Mapping[str, str]) -> str:
    return storable(_PLACE.sub(lambda place: variables.get(place[1], place[0]), preview))
