"""Builders for the kit's tests: a situation, a message, a bot of one state."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.botkit import Bot, Choice, ContactView, Entered, Nudged, Received, Reminded, Situation
from pipeline.botkit.definition import HandlerFunction
from pipeline.messages import Inbound

NOW = datetime(2030, 1, 7, 9, tzinfo=UTC)


def an_inbound(text: str = "hi", *, button_id: str = "") -> Inbound:
    return Inbound("test", "test", "m1", "sms", "+1", "+2", text=text, button_id=button_id)


def a_situation(
    text: str = "hi",
    *,
    state: str = "start",
    data: Mapping[str, Any] | None = None,
    choices: tuple[Choice, ...] = (),
    cause: Received | Reminded | Entered | Nudged | None = None,
    memory: Mapping[str, Any] | None = None,
) -> Situation:
    return Situation(
        cause=cause or Received(an_inbound(text)),
        contact=ContactView("c1"),
        channel="sms",
        state=state,
        data=data or {},
        choices=choices,
        now=NOW,
        idempotency_key="key-1",
        history=lambda _count: [],
        memory=memory or {},
    )


def a_bot(handler: HandlerFunction) -> Bot:
    """A bot whose only state, `start`, is `handler`."""
    bot = Bot("tested", start="start")
    bot.awaits("start")(handler)
    return bot
