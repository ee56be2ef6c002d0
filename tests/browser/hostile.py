"""Texts that try to be more than text, said in every place where a stranger can say something."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline import override
from pipeline.botkit import Bot, Turn
from pipeline.errors import MessageRefused, SenderBlocked
from pipeline.override import LONGEST_BODY
from tests.browser.sample.play import Operator, Phone, Play
from tests.browser.sample.troubles import BACK_OFF_SECONDS

TEXTS: Mapping[str, str] = {
    "script": "<script>alert(1)</script><script src=//evil.example></script>",
    "attribute": "\" autofocus onfocus=alert(1) onmouseover='alert(2)' x=\"",
    "apostrophe": "' onclick=alert(1) style='position:fixed;inset:0' x='",
    "image": "<img src=x onerror=alert(1)><svg onload=alert(2)><a xlink:href=javascript:alert(3)>",
    "mathml": (
        "<math><mtext><table><mglyph><style><!--</style><img title='--><img src onerror=alert(1)>'>"
    ),
    "link": "javascript:alert(document.domain)//https://shop.example.com",
    "data link": "data:text/html,<script>alert(1)</script>",
    "textarea": "</textarea></option></select></title></style></script><script>alert(1)</script>",
    "template": "{{7*7}}{% raw %}${7*7}#{7*7}<%= 7*7 %>{{ config }}",
    "comment": (
        "--><!--<base href=//evil.example><meta http-equiv=refresh content='0;url=//evil.example'>"
    ),
    "htmx": '<b hx-get="/audit" hx-trigger="load" hx-swap="outerHTML" data-hx-on="alert(1)">x</b>',
    "entity": "&lt;script&gt;alert(1)&lt;/script&gt; &amp;nbsp; &#x3C;b&#x3E;",
    "directions": "\u202egnp.exe\u202c \u2066left\u2069 \u200frtl \u061cx \u202eabc",
    "invisible": "a\u200bb\u200dc\u00add\ufeffe\u2060f\u180eg\u0007h\u001b[31mred",
    "emoji": "👩🏽‍🚀👨‍👩‍👧‍👦🏳️‍🌈❤️‍🔥" * 40 + "é́́́́́́́́" * 40,
    "long word": "W" * 100_000,
    "lines": "\n" * 300 + "the end",
    "formula": '=HYPERLINK("https://evil.example","+14155550132")',
}


@dataclass(frozen=True, slots=True)
class Said:
    """A text, and the pages that are about whom it came from."""

    text: str
    conversation: str
    contact: str
    media: str


def say_everything(url: str) -> dict[str, Said]:
    """Say each text everywhere on the database at `url`, by the way that a stranger has."""
    play = Play.on(url)
    operator = Operator(play, "operator-1@example.com")
    play.ago(hours=2)
    phones = {name: _say(play, operator, number, name) for number, name in enumerate(TEXTS, 100)}
    for name, phone in phones.items():
        play.ago(minutes=1)
        play.answers(SenderBlocked(TEXTS[name], code=TEXTS[name][:32]))
        operator.writes(phone, "Good-bye")
    said = {name: _said(phone, TEXTS[name]) for name, phone in phones.items()}
    play.stage.database.close()
    return said


def _say(play: Play, operator: Operator, number: int, name: str) -> Phone:
    runtime, text = play.stage.runtime, TEXTS[name]
    short, body = text[:200], text.strip()[:LONGEST_BODY]
    # With a number of ours that only they write to, because in the end it is blocked.
    phone = Phone(play, f"+1415555{number:04}", text[:255], ours=f"+1416555{number:04}")
    phone.says(text)
    phone.says(text, NumMedia="1", MediaUrl0=text[:1000], MediaContentType0=short)
    phone.says("", Latitude="1.5", Longitude="2.5", Label=text, Address=text[:500])
    play.answers(MessageRefused(text, code=text[:32]))
    phone.says(text, ButtonText=text, ButtonPayload=short)
    with play.bot(_a_bot_that_repeats_what_it_hears()):
        phone.says(text)
        for seconds in BACK_OFF_SECONDS:
            play.passes(seconds=seconds)
    operator.holds(phone)
    operator.writes(phone, body)
    operator.sets(phone, body[:200], text[:1000])
    override.add_canned_reply(runtime, body[:80].strip(), body, actor=operator.email)
    override.change_contact(
        runtime, phone.contact.id, actor=operator.email, name=text[:255], attributes={short: short}
    )
    return phone


def _said(phone: Phone, text: str) -> Said:
    return Said(
        text,
        f"/conversations/{phone.conversation.id}",
        f"/contacts/{phone.contact.id}",
        f"/media/{phone.first('media')}/1",
    )


def _a_bot_that_repeats_what_it_hears() -> Bot:
    bot = Bot("template", start="unstructured")

    @bot.awaits("unstructured")
    def unstructured(turn: Turn) -> None:
        raise ValueError(turn.message.text)

    return bot
