"""Traffic: contacts who write, each in order, from a provider that tries again; all is recorded."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import MappingProxyType

from proving.faults.contacts import FakeContact
from proving.faults.fake_twilio import inbound_form
from proving.faults.fake_twilio.webhooks import OUR_NUMBER, Form, post_form, signed_headers
from proving.faults.history import Said
from proving.faults.stack import PUBLIC_URL, Stack

_PATH = "/webhooks/twilio"
# Twilio gives a webhook up after 15 s in all:
# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
GIVEN_UP_AFTER_SECONDS = 15.0
_PHONES = 16


class Traffic:
    """All contacts of a proof. `url` is where webhooks go, which may be a proxy.

    With `says` they say those words, drawn at random, and not what the scenario has for them.
    """

    def __init__(self, stack: Stack, draw: random.Random, says: Sequence[str] = ()) -> None:
        self.said: list[Said] = []
        # By the message's id: its contact, and what is special about its form.
        self._written: dict[str, tuple[FakeContact, Form]] = {}
        self.url = stack.url
        self.patience_seconds = GIVEN_UP_AFTER_SECONDS
        # How a form for a URL is signed.
        self.headers: Callable[[str, Form], Mapping[str, str]] = signed_headers
        self._stack = stack
        self._draw = draw
        self._says = says
        self._lock = threading.Lock()

    def say(
        self,
        person: FakeContact,
        text: str,
        *,
        excused: bool = False,
        copies: int = 1,
        fields: Form = MappingProxyType({}),
    ) -> Said:
        """Write to the bot; the webhook is tried until it is answered 200 or the tries end.

        The message is in the provider's list from before the first try. `copies` come at once.
        `fields` replace those of an ordinary form; one that is [] is left out.
        """
        if self._says and not excused:
            text = self._says[self._bits(16) % len(self._says)]
        sid = f"SM{self._bits(128):032x}"
        said = Said(sid, person.number, text, time.monotonic(), is_excused=excused)
        with self._lock:
            self.said.append(said)
            self._written[sid] = (person, fields)
        # The list shows what was written to, too.
        to = fields.get("To")
        listed = {"To": to} if isinstance(to, str) else {}
        self._stack.fake.add_inbound(_plain(said, person) | listed)
        self.repeat(said, copies=copies)
        return said

    def repeat(self, said: Said, *, copies: int = 1) -> None:
        """The same webhook again, so many times at once."""
        person, fields = self._written[said.sid]
        form: Form = {**inbound_form(**_plain(said, person)), **fields}
        if copies == 1:
            self._deliver(said, form)
            return
        with ThreadPoolExecutor(copies) as lines:
            for call in [lines.submit(self._deliver, said, form) for _ in range(copies)]:
                call.result()

    def send_all(
        self,
        texts: Mapping[FakeContact, Sequence[str]],
        *,
        every_seconds: float = 0.0,
        copies: int = 1,
        connections: int = _PHONES,
    ) -> None:
        """Everybody writes at once, each their texts in order; returns when all is answered."""
        with self.meanwhile(
            texts, every_seconds=every_seconds, copies=copies, connections=connections
        ):
            pass

    @contextmanager
    def meanwhile(
        self,
        texts: Mapping[FakeContact, Sequence[str]],
        *,
        every_seconds: float = 0.0,
        copies: int = 1,
        connections: int = _PHONES,
    ) -> Iterator[None]:
        """The same, while the block runs; its end waits until all is answered."""

        def say_all(person: FakeContact) -> None:
            for text in texts[person]:
                self.say(person, text, copies=copies)
                time.sleep(every_seconds)

        with ThreadPoolExecutor(connections) as phones:
            calls = [phones.submit(say_all, person) for person in texts]
            yield
            for call in calls:
                call.result()

    def stream(self, persons: Sequence[FakeContact], per_second: float, seconds: float) -> None:
        """They write in turn, so many messages a second in all, for so long."""
        started = time.monotonic()
        with ThreadPoolExecutor(_PHONES) as phones:
            for number in range(int(per_second * seconds)):
                person, round_ = persons[number % len(persons)], number // len(persons)
                phones.submit(self.say, person, f"quince {round_ + 1}")
                time.sleep(max(0.0, started + number / per_second - time.monotonic()))

    def _deliver(self, said: Said, form: Form) -> None:
        deadline = time.monotonic() + self.patience_seconds
        while True:
            tried_at = time.monotonic()
            status, _ = post_form(self.url + _PATH, form, self.headers(PUBLIC_URL + _PATH, form))
            said.answers.append(status)
            said.seconds.append(time.monotonic() - tried_at)
            if status == 200:
                said.acked_at = said.acked_at or time.monotonic()
            if status == 200 or time.monotonic() > deadline:
                return
            time.sleep(0.1 + 0.3 * self._chance())

    def _bits(self, count: int) -> int:
        with self._lock:
            return self._draw.getrandbits(count)

    def _chance(self) -> float:
        with self._lock:
            return self._draw.random()


def _plain(said: Said, person: FakeContact) -> dict[str, str]:
    """What is special about the form of any message."""
    our_number = person.prefix + OUR_NUMBER
    return {
        "From": person.address,
        "To": our_number,
        "Body": said.text,
        "MessageSid": said.sid,
    }


def numbered(
    persons: Sequence[FakeContact], count: int, word: str = "quince"
) -> dict[FakeContact, list[str]]:
    """So many numbered texts for each; with a word that no log has by chance."""
    return {person: [f"{word} {number}" for number in range(1, count + 1)] for person in persons}
