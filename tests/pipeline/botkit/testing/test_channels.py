"""Tester reads what the contact would: numbers by SMS, taps on WhatsApp."""

import pytest

from pipeline.botkit import Bot, Tester, Turn
from pipeline.messages import Channel
from tests.pipeline.botkit.samples import YES


@pytest.mark.parametrize(
    ("channel", "said"), [("sms", "Well?\n\n1. Yes\nReply with a number."), ("whatsapp", "Well?")]
)
@pytest.mark.parametrize("answer", [{"button": "yes"}, {"text": "1"}, {"text": "YES"}])
def test_tester_shows_the_channel(channel: Channel, said: str, answer: dict[str, str]) -> None:
    bot = Bot("tested", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> None:
        turn.say("Thanks") if turn.picked("yes") else turn.say("Well?", YES)

    talk = Tester(bot, channel).hears("hi").says(said)
    talk.hears(answer.get("text", ""), button=answer.get("button")).says("Thanks")
