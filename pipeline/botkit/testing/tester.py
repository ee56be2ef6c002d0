"""Tester: tests a bot with a conversation, on a clock that the test moves.

Tester(bot).hears("hi").says("Hi!…").taps("join").in_state("ask_name")
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, Self

from pipeline.botkit.bot import Bot
from pipeline.botkit.situation import ContactView
from pipeline.botkit.testing import script_lines
from pipeline.botkit.testing.differences import diff
from pipeline.botkit.testing.operator_verbs import OperatorVerbs
from pipeline.botkit.testing.session import Talk
from pipeline.jsons import JsonObject
from pipeline.messages import Channel, Location

PHONE = "+12025550123"
OPENING = datetime(2030, 1, 7, 9, tzinfo=UTC)  # a Monday
CHANNELS: tuple[Channel, ...] = ("sms", "whatsapp")


class Tester(OperatorVerbs):
    """Tests a bot in one conversation with one contact, on a clock that starts at `now`.

    `name` and `attributes` are the contact's. Each check returns the tester, so calls can be
    chained. A check that fails raises AssertionError with the conversation so far.
    """

    __test__ = False  # pytest collects classes whose names begin with "Test"

    def __init__(
        self,
        bot: Bot,
        channel: Channel = "sms",
        *,
        name: str = "",
        attributes: JsonObject | None = None,
        now: datetime = OPENING,
    ) -> None:
        contact = ContactView("contact", PHONE, name, attributes or {})
        self.talk = Talk(bot, channel=channel, contact=contact, now=now)
        self._lines: list[str] = []
        self._seen = 0

    def hears(
        self,
        text: str = "",
        *more: str,
        media: str | None = None,
        button: str | None = None,
        location: Location | None = None,
        card: str | None = None,
    ) -> Self:
        """The contact sends `text`, the file at the URL `media`, or a tap on `button`.

        `more` are texts in quick succession, which the state's `debounce=` may join. `card` is the
        URL of a contact card. See also `taps` and `shares`.
        """
        named = {"": button, "location": location and location.label, "card": card}
        marks = [f"[{f'{what} {it}'.strip()}]" for what, it in named.items() if it is not None]
        sent = [text, media or "", *marks]
        for line in (" ".join(filter(None, sent)), *more):
            self._lines.append(f"  contact: {_indent(line)}")
        self.talk.hear(text, *more, media=media, button=button, location=location, card=card)
        return self._note_replies()

    def taps(self, choice: str) -> Self:
        """The contact taps a choice by its id or title; by SMS, they send its number."""
        __tracebackhide__ = True
        self._lines.append(f"  contact: [{choice}]")
        problem = ""
        try:
            script_lines.tap(self.talk, choice)
        except script_lines.InvalidLine as error:
            problem = str(error)
        if problem:
            self._fail(problem)
        return self._note_replies()

    def shares(self, latitude: float, longitude: float, label: str = "") -> Self:
        """The contact shares a location, in degrees."""
        return self.hears(location=Location(latitude, longitude, label))

    def reacts(self, emoji: str = "👍") -> Self:
        """The contact reacts to the bot's last message; a turn only with `@bot.on_reaction`."""
        self._lines.append(f"  contact: (reacts {emoji})")
        self.talk.react(emoji)
        return self._note_replies()

    def fills(self, **answers: Any) -> Self:
        """The contact sends a form that they filled in, as of a WhatsApp Flow."""
        self._lines.append(f"  contact: (fills in {answers!r})")
        self.talk.fill(answers)
        return self._note_replies()

    def passes(self, duration: timedelta) -> Self:
        """Time passes; timers that are due run in their order."""
        self._lines.append(f"  ({duration} pass)")
        self.talk.wait(duration)
        return self._note_replies()

    def after(
        self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> Self:
        """Like `passes`: `talk.after(minutes=30)`."""
        return self.passes(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))

    def says(self, expected: str, *, media: str | None = None) -> Self:
        """The next reply is `expected`; a "…" at its end matches any rest."""
        if self._seen == len(self.talk.replies):
            self._fail(f"the bot said nothing more; expected {expected!r}{self._why_not_sent()}")
        reply = self.talk.replies[self._seen]
        self._seen += 1
        if expected.endswith("…"):
            is_same = reply.body.startswith(expected[:-1]) or reply.body == expected
        else:
            is_same = reply.body == expected
        if not is_same:
            self._fail(f"the bot said something else:\n{diff(expected, reply.body)}")
        if media is not None and media not in reply.media_urls:
            self._fail(f"the reply carries {list(reply.media_urls)}, not {media!r}")
        return self

    def says_nothing(self) -> Self:
        """The bot says no more than `says` has checked."""
        for reply in self.talk.replies[self._seen :]:
            self._fail(f"the bot said {reply.body!r}; expected nothing")
        return self

    def not_sent(self, reason: str = "") -> Self:
        """A reply was not sent, for a reason that contains `reason`: the window, or an opt-out."""
        reasons = [why for _, why in self.talk.phone.unsent]
        if not reasons:
            self._fail("every reply was sent")
        if not any(reason in why for why in reasons):
            self._fail(f"not sent: {reasons[0]!r}, not {reason!r}")
        return self

    def _why_not_sent(self) -> str:
        return "".join(f"\nnot sent: {it.body!r}: {why}" for it, why in self.talk.phone.unsent)

    def in_state(self, name: str) -> Self:
        """This is the state, or this SEND-state has just run."""
        if name != self.talk.state and name not in self.talk.passed:
            self._fail(f"the state is {self.talk.state!r}, not {name!r}")
        return self

    def has_data(self, **expected: object) -> Self:
        """The conversation's data contains these values."""
        for key, value in expected.items():
            if key not in self.talk.data or self.talk.data[key] != value:
                self._fail(f"data[{key!r}] is {self.talk.data.get(key)!r}, not {value!r}")
        return self

    def has_attributes(self, **expected: object) -> Self:
        """The contact's attributes contain these values; None for one that is not there."""
        for key, value in expected.items():
            if (found := self.talk.contact.attributes.get(key)) != value:
                self._fail(f"attributes[{key!r}] is {found!r}, not {value!r}")
        return self

    def ended(self) -> Self:
        """The bot closed the conversation."""
        if not self.talk.is_ended:
            self._fail("the bot did not end the conversation")
        return self

    def handed_over(self, reason: str | None = None) -> Self:
        """The bot asked for a person, for this reason if you pass one."""
        if self.talk.hand_over is None:
            self._fail("the bot did not hand over")
        if reason is not None and reason != self.talk.hand_over:
            self._fail(f"the bot handed over for {self.talk.hand_over!r}, not {reason!r}")
        return self

    def opted_out(self) -> Self:
        """The contact opted out, by a STOP or by the bot: no more replies are sent."""
        if not self.talk.is_opted_out:
            self._fail("the contact has not opted out")
        return self

    def failed(self, expected: str = "") -> Self:
        """The last turn failed, with an error that contains `expected`; on_error answered."""
        error = self.talk.error
        if error is None:
            self._fail("the turn did not fail")
        if expected not in str(error):
            self._fail(f"the turn failed with {str(error)!r}, not {expected!r}")
        return self

    def _note_replies(self) -> Self:
        """Log the replies; the next `says` checks the first of them."""
        self._seen = 0
        for reply in self.talk.replies:
            self._lines.append(f"  bot:     {_indent(script_lines.reply_text(reply))}")
        for reply, why in self.talk.phone.unsent:
            self._lines.append(f"  bot:     {_indent(reply.body)}\n           (not sent: {why})")
        return self

    def _fail(self, what: str) -> NoReturn:
        __tracebackhide__ = True  # pytest then shows the line of the test
        lines = "\n".join(self._lines) or "  (no messages)"
        rest = f"  (state {self.talk.state!r}, data {self.talk.data!r})"
        raise AssertionError(
            f"{what}\n\nthe conversation so far, on {self.talk.channel}:\n{lines}\n{rest}"
        )


# Deprecated: the names of `Tester` before this release.
Rehearsal = rehearse = Tester


def both_channels(
    bot: Bot,
    *,
    name: str = "",
    attributes: JsonObject | None = None,
    now: datetime = OPENING,
) -> Iterator[Tester]:
    """A tester by SMS, then one on WhatsApp: `for talk in both_channels(bot): talk.hears(…)`."""
    for channel in CHANNELS:
        yield Tester(bot, channel, name=name, attributes=attributes, now=now)


def _indent(text: str) -> str:
    return text.replace("\n", "\n           ")
