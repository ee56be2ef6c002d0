"""One contact's talk with a bot, kept in memory on a clock of its own: no engine, no database.

Its messages come at once, so it does not say when they came and no `loop_guard` looks at them.
`rehearsal` checks such a talk in a test; it goes through `Bot.respond` as the engine does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipeline.botkit.bot import Bot
from pipeline.botkit.content.choices import Choice
from pipeline.botkit.content.replies import Reply
from pipeline.botkit.engine.memory import moved_by_hand
from pipeline.botkit.situation import (
    ContactView,
    Entered,
    Nudged,
    Outcome,
    PastMessage,
    Received,
    Reminded,
    Situation,
)
from pipeline.enums import MessageKind
from pipeline.messages import Channel, Inbound, Location, Media


@dataclass(frozen=True, slots=True, order=True)
class _Timer:
    due_at: datetime
    number: int
    to: str
    is_nudge: bool = False


class Talk:
    """`replies`, and `passed` (SEND-states that ran), are those of the last thing that happened."""

    def __init__(self, bot: Bot, *, channel: Channel, contact: ContactView, now: datetime) -> None:
        self.bot = bot
        self.channel = channel
        self.contact = contact
        self.now = now
        self.hand_over: str | None = None
        self.past: list[PastMessage] = []
        self._turns = 0
        self._heard_at = now
        self._begin()

    def _begin(self) -> None:
        self.state = self.bot.start
        self.data: dict[str, Any] = {}
        self.memory = self.bot.first_memory
        self.is_ended = False
        self.choices: tuple[Choice, ...] = ()
        self._reminders: list[_Timer] = []
        self._alarms: list[_Timer] = []
        self._forget()

    def _forget(self) -> None:
        self.replies: list[Reply] = []
        self.passed: set[str] = set()

    def hear(
        self,
        text: str = "",
        *,
        media: str | None = None,
        button: str | None = None,
        location: Location | None = None,
        card: str | None = None,
    ) -> None:
        """The contact writes; after an end, or `expires_after`, in a new conversation."""
        expires_after = self.bot.expires_after
        if self.is_ended or (expires_after and self.now - self._heard_at > expires_after):
            self._begin()
        self._heard_at = self.now
        self._forget()
        files = [Media(media)] if media else [Media(card, "text/vcard")] if card else []
        message = self._inbound(text, button, location, files)
        before = len(self.past)
        if self.hand_over is None:
            self._take(Received(message))
        self.past.insert(before, PastMessage("inbound", "contact", message.text, self.now))

    def give_back(self) -> None:
        """An operator gives a talk that was handed over back to the bot."""
        self._forget()
        self.hand_over = None

    def enter(self, state: str) -> None:
        """An operator puts the talk into `state` by hand."""
        self._forget()
        self.state, self.choices, self._reminders = state, (), []
        self.memory = moved_by_hand(self.memory, state)
        self._take(Entered())

    def wait(self, duration: timedelta) -> None:
        """Time goes by; what falls due runs in its order."""
        self._forget()
        until = self.now + duration
        while (timer := self._next_timer()) is not None and timer.due_at <= until:
            self.now = timer.due_at
            self._reminders = [other for other in self._reminders if other != timer]
            self._alarms = [other for other in self._alarms if other != timer]
            self._take(Nudged() if timer.is_nudge else Reminded(timer.to))
        self.now = until

    def _inbound(
        self, text: str, button: str | None, location: Location | None, files: Sequence[Media]
    ) -> Inbound:
        titles = {choice.id: choice.title for choice in self.choices}
        kind = MessageKind.TAP if button else MessageKind.LOCATION if location else MessageKind.TEXT
        if files and kind == MessageKind.TEXT:
            kind = MessageKind.CONTACT_CARD if files[0].content_type else MessageKind.MEDIA
        return Inbound(
            "rehearsal",
            "rehearsal",
            f"heard-{self._turns}",
            self.channel,
            self.contact.phone or self.contact.id,
            "+12025550100",
            kind=kind,
            text=text or titles.get(button or "", ""),
            phone=self.contact.phone,
            button_id=button or "",
            media=tuple(files),
            location=location,
        )

    def _take(self, cause: Received | Reminded | Entered | Nudged) -> None:
        self._turns += 1
        outcome = self.bot.respond(
            Situation(
                cause=cause,
                contact=self.contact,
                channel=self.channel,
                state=self.state,
                data=self.data,
                choices=self.choices,
                now=self.now,
                idempotency_key=f"turn-{self._turns}",
                history=self._history,
                memory=self.memory,
            )
        )
        self._record(outcome)

    def _record(self, outcome: Outcome) -> None:
        self.state, self.data, self.choices = outcome.state, outcome.data, outcome.choices
        self.memory = outcome.memory
        self.is_ended, self.hand_over = outcome.is_ended, outcome.hand_over
        self.passed.update(step.to_state for step in outcome.steps if self._is_send(step.to_state))
        self.replies += outcome.replies
        for reply in outcome.replies:
            self.past.append(PastMessage("outbound", "bot", reply.body, self.now))
        self._arm(outcome)

    def _arm(self, outcome: Outcome) -> None:
        """Timers hold for as long as the talk stays; the timeout starts again with every turn."""
        if not outcome.keeps_timers:
            self._alarms = []
        if outcome.moves or outcome.is_ended or outcome.hand_over:
            self._reminders = []
        if outcome.is_ended or outcome.hand_over:
            return
        number = self._turns * 100
        for reminder in outcome.reminders:
            number += 1
            self._reminders.append(_Timer(self.now + reminder.after, number, reminder.to))
        if outcome.keeps_timers:
            return
        if outcome.timeout is not None:
            after, to = outcome.timeout
            self._alarms.append(_Timer(self.now + after, number + 1, to))
        if outcome.nudge is not None:
            due_at = self.now + outcome.nudge
            self._alarms.append(_Timer(due_at, number + 2, outcome.state, is_nudge=True))

    def _next_timer(self) -> _Timer | None:
        return min([*self._reminders, *self._alarms], default=None)

    def _is_send(self, name: str) -> bool:
        state = self.bot.states.get(name)
        return state is not None and state.sort == "send"

    def _history(self, count: int) -> Sequence[PastMessage]:
        return self.past[-count:] if count > 0 else []
