"""One contact's conversation with a bot, kept in memory on a clock of its own.

It follows the rules that the engine follows (pipeline/conversation). `tester` checks it in a test.
Its messages come at once, so it does not say when they came and no `loop_guard` counts them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pipeline.botkit.bot import Bot
from pipeline.botkit.inputs.debounce import EACH, MOST_JOINED, Arrival, Join, combine
from pipeline.botkit.situation import ContactView, PastMessage, Situation
from pipeline.botkit.testing.alarm import next_timer
from pipeline.botkit.testing.arrivals import debounce
from pipeline.botkit.testing.attempts import take_turn
from pipeline.botkit.testing.operator_steps import OperatorSteps
from pipeline.botkit.testing.part import Part
from pipeline.botkit.testing.phone import OUR_NUMBER, Phone
from pipeline.conversation import rules
from pipeline.conversation.consent import confirming, takes_effect
from pipeline.conversation.reactions import hear_reaction, recognized
from pipeline.conversation.turns import Choice, Entered, Outcome, Received, Reply, TurnCause
from pipeline.conversation.values import Changes, Timer
from pipeline.enums import Cause, Consent, Direction, TimerKind
from pipeline.errors import BotError
from pipeline.jsons import JsonObject
from pipeline.messages import Channel, Inbound, Location, Media

_CONTACT = UUID(int=0)


class Talk(OperatorSteps):
    """`replies`, and `passed` (SEND-states that ran), are those of the last thing that happened.

    `hand_over` is the reason why the bot asked for a human, None when it did not. `was_consent`:
    the contact's last message was a STOP, START or HELP, which the bot does not see. `error` is why
    the last turn failed: a message that fails is tried again at once, as often as Parley would.
    """

    state = Part[str]()
    data = Part[JsonObject]()
    memory = Part[JsonObject]()
    choices = Part[tuple[Choice, ...]]()

    def __init__(self, bot: Bot, *, channel: Channel, contact: ContactView, now: datetime) -> None:
        self.bot = bot
        self.channel = channel
        self.contact = contact
        # In UTC, so that a day added is 24 hours.
        self.now = bot.definition.aware(now).astimezone(UTC)
        self.past: list[PastMessage] = []
        self.error: BotError | None = None
        self.replies: list[Reply] = []
        self.passed: set[str] = set()
        self.phone = Phone(channel, contact)
        self.was_consent = False
        self._turns = 0
        self._open()

    def _open(self) -> None:
        where = (self.channel, OUR_NUMBER)
        self.conversation = rules.open_conversation(self.bot, _CONTACT, where, self.now, None)
        self.conversation.is_new = False
        self.timers: list[Timer] = []
        self.hand_over: str | None = None

    @property
    def is_ended(self) -> bool:
        return self.conversation.closed_at is not None

    @property
    def is_opted_out(self) -> bool:
        return self.phone.is_opted_out

    def hear(
        self,
        text: str = "",
        *more: str,
        media: str | None = None,
        button: str | None = None,
        location: Location | None = None,
        card: str | None = None,
    ) -> None:
        """The contact writes; after an end, or `expires_after`, in a new conversation.

        `more` are texts that they write in quick succession.
        """
        files = [Media(media)] if media else [Media(card, "text/vcard")] if card else []
        choices = () if self.is_over else self.choices
        first = self.phone.write(text, button, location, files, choices)
        self._receive(first, *(self.phone.write(it, None, None, (), choices) for it in more))

    def react(self, emoji: str) -> None:
        """The contact reacts to the bot's last message."""
        self._receive(self.phone.react(emoji))

    def fill(self, answers: JsonObject) -> None:
        """The contact sends a form that they filled in."""
        self._receive(self.phone.fill(answers))

    def _receive(self, *messages: Inbound) -> None:
        """Receive messages that arrive at the same time, in as many turns as production makes."""
        self._forget()
        waiting = [Arrival(self.bot.marked(message), self.now) for message in messages]
        while waiting:
            policy, count = debounce(self, waiting)
            together, waiting = waiting[: count or 1], waiting[count or 1 :]
            if isinstance(policy, Join) and not waiting and 0 < count < MOST_JOINED:
                self.now += timedelta(seconds=policy.seconds)
            joined = combine([one.message for one in together], policy if count else EACH)
            self._receive_one(joined, together)

    def is_settled(self, message: Inbound) -> bool:
        """Whether it is a STOP, START or HELP, which does not reach the bot."""
        return takes_effect(message.consent, is_out=self.is_opted_out)

    def _receive_one(self, message: Inbound, together: Sequence[Arrival]) -> None:
        message = recognized(message, self.phone.received)
        is_settled = self.is_settled(message)
        if self.is_over and self.bot.takes(message) and not is_settled:
            self._open()
        before = len(self.past)
        if is_settled:
            self._settle_consent(message)
        elif not self.bot.takes(message):
            self._hear_reaction()
        elif self.conversation.is_held(self.now):
            rules.hear(self.conversation, self.now)
            rules.hear_in_silence(self.conversation, self.bot, self.now)
            self._settle()
        else:
            rules.hear(self.conversation, together[-1].at)
            self._take(Received(message))
        self.past[before:before] = [
            PastMessage(Direction.INBOUND, "contact", one.message.text, one.at) for one in together
        ]

    @property
    def is_over(self) -> bool:
        """Whether the contact's next message opens another conversation."""
        return self.is_ended or self.conversation.is_expired(self.bot.expires_after, self.now)

    def _hear_reaction(self) -> None:
        """A reaction that the bot does not ask for gets no turn and opens no conversation."""
        if self.conversation.last_inbound_at and not self.is_ended:
            hear_reaction(self.conversation, self.bot, self.now)
            self._settle()

    def _settle_consent(self, message: Inbound) -> None:
        """STOP, START and HELP do not reach the bot; its texts answer them."""
        wish = message.consent or Consent.HELP
        self.was_consent = True
        self.phone.is_opted_out = wish == Consent.STOP or (
            self.is_opted_out and wish == Consent.HELP
        )
        if text := self.bot.consent.reply(wish):
            self._say([confirming(Reply("text", text))])

    def wait(self, duration: timedelta) -> None:
        """Time passes; what falls due runs in its order."""
        self._forget()
        until = self.now + duration
        while found := next_timer(self.timers, self.conversation, self.now, until):
            timer, moment = found
            self.now = max(self.now, moment)
            self.timers = [other for other in self.timers if other is not timer]
            if timer.kind == TimerKind.RELEASE:
                self.hand_over = None
            cause = rules.timer_due(self.conversation, self.bot, timer, self.now)
            self._settle()
            if cause is not None:
                self._take(cause, Cause.TIMER)
        self.now = until

    def _forget(self) -> None:
        self.replies, self.passed, self.was_consent, self.error = [], set(), False, None
        self.phone.unsent = []

    def _take(self, cause: TurnCause, made_by: Cause = Cause.BOT) -> None:
        self._turns += 1
        outcome, error = take_turn(
            self.bot,
            lambda: self._situation(cause),
            self._apply,
        )
        self.error = error or self.error
        if outcome:
            self._apply(outcome, made_by)

    def _situation(self, cause: TurnCause) -> Situation:
        conversation = self.conversation
        return Situation(
            cause=cause,
            contact=self.contact,
            channel=self.channel,
            state=conversation.state,
            data=conversation.data,
            choices=conversation.choices,
            now=self.now,
            idempotency_key=f"turn-{self._turns}",
            history=self._history,
            memory=conversation.memory,
            sent=self.phone.received,
        )

    def _apply(self, outcome: Outcome, made_by: Cause = Cause.BOT) -> None:
        rules.apply(self.conversation, outcome, self._origin(made_by))
        self.contact = self.contact.changed(outcome.attributes)
        self._show(outcome)
        self._settle()

    def _show(self, outcome: Outcome) -> None:
        self.hand_over = outcome.hand_over
        self.passed.update(step.to_state for step in outcome.steps if self._is_send(step.to_state))
        self.phone.is_opted_out = self.is_opted_out or outcome.opts_out
        self._say(outcome.replies)

    def _say(self, replies: Sequence[Reply]) -> None:
        """Send replies; those that production would refuse are `phone.unsent`."""
        heard_at = self.conversation.last_inbound_at
        self.replies += self.phone.receive(replies, heard_at, self.now)
        for reply in replies:
            self.past.append(PastMessage(Direction.OUTBOUND, "bot", reply.body, self.now))

    def _settle(self) -> None:
        """Set and cancel timers as the changes say; an entry action that is due runs."""
        changes, self.conversation.changes = self.conversation.changes, Changes()
        kept = [timer for timer in self.timers if timer.kind not in changes.cancelled]
        self.timers = [*kept, *changes.timers]
        if changes.is_entry_due:
            self._take(Entered())

    def _is_send(self, name: str) -> bool:
        return name in self.bot.states and self.bot.states[name].sort == "send"

    def _history(self, count: int) -> Sequence[PastMessage]:
        return self.past[-count:] if count > 0 else []
