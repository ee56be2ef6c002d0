"""Traffic: contacts who write, each in order, from a provider that tries again; all is recorded."""

import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from parley.proving.fake_twilio import inbound_form, webhook
from parley.proving.fake_twilio.webhooks import OUR_NUMBER
from parley.proving.history import Said
from parley.proving.people import Person
from parley.proving.stack import PUBLIC_URL, Stack

_PATH = "/webhooks/twilio"
# Twilio gives a webhook up after 15 s in all:
# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
GIVEN_UP_AFTER_SECONDS = 15.0
_PHONES = 16


class Traffic:
    """Everybody who writes in a proof. `url` is where webhooks go, which a proxy may stand in.

    With `says` they say those words, drawn at random, and not what the scenario has for them.
    """

    def __init__(self, stack: Stack, draw: random.Random, says: Sequence[str] = ()) -> None:
        self.said: list[Said] = []
        self.url = stack.url
        self.patience_seconds = GIVEN_UP_AFTER_SECONDS
        self._stack = stack
        self._draw = draw
        self._says = says
        self._lock = threading.Lock()

    def say(
        self,
        person: Person,
        text: str,
        *,
        excused: bool = False,
        copies: int = 1,
        to: str = OUR_NUMBER,
    ) -> Said:
        """Write to the bot; the webhook is tried until it is answered 200 or given up.

        The message is in the provider's list from before the first try. `copies` come at once.
        `to` is our number.
        """
        if self._says and not excused:
            text = self._says[self._bits(16) % len(self._says)]
        fields = {"From": person.address, "To": person.prefix + to, "Body": text}
        fields["MessageSid"] = f"SM{self._bits(128):032x}"
        form = inbound_form(**fields)
        self._stack.fake.add_inbound(fields)
        said = Said(fields["MessageSid"], person.number, text, time.monotonic(), is_excused=excused)
        with self._lock:
            self.said.append(said)
        if copies > 1:
            with ThreadPoolExecutor(copies) as lines:
                list(lines.map(lambda _: self._deliver(said, form), range(copies)))
        else:
            self._deliver(said, form)
        return said

    def crowd(self, texts: Mapping[Person, Sequence[str]], *, every_seconds: float = 0.0) -> None:
        """Everybody writes at once, each their texts in order; returns when all is answered."""
        with ThreadPoolExecutor(_PHONES) as phones:
            self._start(phones, texts, every_seconds)

    @contextmanager
    def meanwhile(
        self, texts: Mapping[Person, Sequence[str]], *, every_seconds: float = 0.0
    ) -> Iterator[None]:
        """The same beside what the block does; its end waits until all is answered."""
        with ThreadPoolExecutor(_PHONES) as phones:
            calls = self._start(phones, texts, every_seconds)
            yield
            for call in calls:
                call.result()

    def stream(self, persons: Sequence[Person], per_second: float, seconds: float) -> None:
        """They write in turn, so many messages a second in all, for so long."""
        started = time.monotonic()
        with ThreadPoolExecutor(_PHONES) as phones:
            for number in range(int(per_second * seconds)):
                person, round_ = persons[number % len(persons)], number // len(persons)
                phones.submit(self.say, person, f"n {round_ + 1}")
                time.sleep(max(0.0, started + number / per_second - time.monotonic()))

    def _start(
        self,
        phones: ThreadPoolExecutor,
        texts: Mapping[Person, Sequence[str]],
        every_seconds: float,
    ) -> list[Future[None]]:
        return [
            phones.submit(self._say_all, person, words, every_seconds)
            for person, words in texts.items()
        ]

    def _say_all(self, person: Person, texts: Sequence[str], every_seconds: float) -> None:
        for text in texts:
            self.say(person, text)
            if every_seconds:
                time.sleep(every_seconds)

    def _deliver(self, said: Said, form: dict[str, str]) -> None:
        deadline = time.monotonic() + self.patience_seconds
        while True:
            status, _ = webhook(self.url + _PATH, form, signed_url=PUBLIC_URL + _PATH)
            said.answers.append(status)
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


def numbered(persons: Sequence[Person], count: int, word: str = "n") -> dict[Person, list[str]]:
    """So many numbered texts for each."""
    return {person: [f"{word} {number}" for number in range(1, count + 1)] for person in persons}
