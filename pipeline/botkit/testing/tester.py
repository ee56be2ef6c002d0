"""Tests a bot: what the contact sends, what the bot must answer, on a clock of the test's own.

Tester(bot).hears("hi").says("Hi!…").taps("join").in_state("ask_name")
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from difflib import ndiff
from typing import Any, NoReturn, Self

from pipeline.botkit.bot import Bot
from pipeline.botkit.situation import ContactView
from pipeline.botkit.testing import script_lines
from pipeline.botkit.testing.session import Talk
from pipeline.messages import Channel, Location

PHONE = "+12025550123"
OPENING = datetime(2030, 1, 7, 9, tzinfo=UTC)  # a Monday
CHANNELS: tuple[Channel, ...] = ("sms", "whatsapp")


class Tester:
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
        attributes: dict[str, Any] | None = None,
        now: datetime = OPENING,
    ) -> None:
        contact = ContactView("rehearsal", PHONE, name, attributes or {})
        self.talk = Talk(bot, channel=channel, contact=contact, now=now)
        self._lines: list[str] = []
        self._seen = 0

    def hears(
        self,
        text: str = "",
        *,
        media: str | None = None,
        button: str | None = None,
        location: Location | None = None,
        card: str | None = None,
    ) -> Self:
        """The contact writes `text`, sends the file at the address `media`, or taps `button`.

        `location` is a place, `card` the address of a contact card. See also `taps`.
        """
        named = {"": button, "location": location and location.label, "card": card}
        marks = [f"[{f'{what} {it}'.strip()}]" for what, it in named.items() if it is not None]
        shown = [text, media or "", *marks]
        self._lines.append(f"  contact: {_indented(' '.join(filter(None, shown)))}")
        self.talk.hear(text, media=media, button=button, location=location, card=card)
        return self._told()

    def taps(self, choice: str) -> Self:
        """The contact picks what was offered, by its id or title.

        By SMS, where nothing can be tapped, they write its number.
        """
        __tracebackhide__ = True
        self._lines.append(f"  contact: [{choice}]")
        problem = ""
        try:
            script_lines.tap(self.talk, choice)
        except script_lines.InvalidLine as error:
            problem = str(error)
        if problem:
            self._fail(problem)
        return self._told()

    def shares(self, latitude: float, longitude: float, label: str = "") -> Self:
        """The contact shares a place, in degrees."""
        return self.hears(location=Location(latitude, longitude, label))

    def enters(self, state: str) -> Self:
        """An operator puts the talk into `state` by hand."""
        self._lines.append(f"  operator: sets the state {state}")
        self.talk.enter(state)
        return self._told()

    def given_back(self) -> Self:
        """An operator gives a talk that was handed over back to the bot."""
        self._lines.append("  operator: gives the talk back")
        self.talk.give_back()
        return self._told()

    def passes(self, duration: timedelta) -> Self:
        """Time goes by; timeouts and reminders that fall due run in their order."""
        self._lines.append(f"  ({duration} go by)")
        self.talk.wait(duration)
        return self._told()

    def after(
        self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> Self:
        """As `passes`: `talk.after(minutes=30)`."""
        return self.passes(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))

    def says(self, expected: str, *, media: str | None = None) -> Self:
        """The next reply reads `expected`; "…" at its end stands for any rest."""
        if self._seen == len(self.talk.replies):
            self._fail(f"the bot said nothing more; expected {expected!r}")
        reply = self.talk.replies[self._seen]
        self._seen += 1
        if expected.endswith("…"):
            is_same = reply.body.startswith(expected[:-1]) or reply.body == expected
        else:
            is_same = reply.body == expected
        if not is_same:
            self._fail(f"the bot said something else:\n{difference(expected, reply.body)}")
        if media is not None and media not in reply.media_urls:
            self._fail(f"the reply carries {list(reply.media_urls)}, not {media!r}")
        return self

    def says_nothing(self) -> Self:
        """No reply is left that `says` has not seen."""
        for reply in self.talk.replies[self._seen :]:
            self._fail(f"the bot said {reply.body!r}; expected nothing")
        return self

    def in_state(self, name: str) -> Self:
        """The talk rests in this state, or this SEND-state ran just now."""
        if name != self.talk.state and name not in self.talk.passed:
            self._fail(f"the talk is in state {self.talk.state!r}, not {name!r}")
        return self

    def has_data(self, **expected: object) -> Self:
        """The conversation's data has these values, among others."""
        for key, value in expected.items():
            if key not in self.talk.data or self.talk.data[key] != value:
                self._fail(f"data[{key!r}] is {self.talk.data.get(key)!r}, not {value!r}")
        return self

    def ended(self) -> Self:
        """The bot closed the conversation."""
        if not self.talk.is_ended:
            self._fail("the bot did not end the conversation")
        return self

    def handed_over(self, reason: str | None = None) -> Self:
        """The bot asked for a human, for this reason if one is given."""
        if self.talk.hand_over is None:
            self._fail("the bot did not hand over")
        if reason is not None and reason != self.talk.hand_over:
            self._fail(f"the bot handed over for {self.talk.hand_over!r}, not {reason!r}")
        return self

    def _told(self) -> Self:
        """Replies of earlier turns that nobody asked about do not disturb what follows."""
        self._seen = 0
        for reply in self.talk.replies:
            self._lines.append(f"  bot:     {_indented(script_lines.reply_text(reply))}")
        return self

    def _fail(self, what: str) -> NoReturn:
        __tracebackhide__ = True  # pytest then points at the line of the script
        talk = "\n".join(self._lines) or "  (nothing was said)"
        rest = f"  (state {self.talk.state!r}, data {self.talk.data!r})"
        raise AssertionError(f"{what}\n\nthe talk so far, on {self.talk.channel}:\n{talk}\n{rest}")


# Deprecated: the names of `Tester` before this release.
Rehearsal = rehearse = Tester


def both_channels(
    bot: Bot,
    *,
    name: str = "",
    attributes: dict[str, Any] | None = None,
    now: datetime = OPENING,
) -> Iterator[Tester]:
    """A tester by SMS, then one on WhatsApp: `for talk in both_channels(bot): talk.hears(…)`."""
    for channel in CHANNELS:
        yield Tester(bot, channel, name=name, attributes=attributes, now=now)


def _indented(text: str) -> str:
    return text.replace("\n", "\n           ")


def difference(expected: str, said: str) -> str:
    """Two texts line by line, with marks under what differs."""
    found = ndiff(expected.splitlines(), said.splitlines())
    return "\n".join(["(- expected, + said)", *(f"  {line.rstrip()}" for line in found)])
