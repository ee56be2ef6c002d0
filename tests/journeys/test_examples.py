"""The example bots through the real stack: talks on both channels, restarts, and deploys."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from sqlalchemy import func, select, update

from pipeline.botkit import Tester, load
from pipeline.messages import Channel, Location
from pipeline.records.core.timers import Timer
from proving.faults import EVERYTHING, FakeContact, Process, Stack, eventually, fake_contact
from proving.faults.processes import ROOT
from tests.stack.fixtures import MakeStack

PHOTO = "https://example.com/crack.jpg"
TAP, FILE, PLACE = "tap ", "file", "place"
MONDAY = next(
    day.isoformat()
    for day in (datetime.now(UTC).date() + timedelta(days=n) for n in range(3, 10))
    if day.weekday() == 0
)
TALKS = {
    "appointments": ["hi", "tap cut", "soon", MONDAY, "tap 10:30", "Ada", "tap here", "tap yes"],
    "orders": ["hi", "1002", "tap care", "tap wool", "tap damage", FILE],
    "survey": ["hi", "tap go", "tap car", "900", "7.5", "2", "Lamps", "skip"],
    "support_desk": ["hi", "the cable is cut", PLACE, "me"],
    "quiz": ["hi", "tap play", "tap jupiter", "many", "8", "tap owl", "stop quiz"],
}
CHANNELS: tuple[Channel, ...] = ("sms", "whatsapp")


@pytest.fixture(params=["twilio", "simulator"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def up(stack: Stack) -> Process:
    """Run `parley up` until it answers."""
    process = stack.run("up", "parley", "up")
    stack.wait_until_ready("web", process)
    return process


def said(person: FakeContact) -> list[str]:
    """Every text of the bot in the log, once all are on their way."""
    return [message["body"] for message in person.sent_to()]


class Phones:
    """A contact's phone in a rehearsal and in the real stack, which must show the same."""

    def __init__(self, stack: Stack, name: str, channel: Channel) -> None:
        bot = load(f"bots.examples.{name}:bot")
        self._tester: Tester = Tester(bot, channel, now=datetime.now(UTC))
        self._person = fake_contact(stack, channel)
        self._expected: list[str] = []

    def act(self, step: str) -> None:
        """Do one thing on both; the bot says the same on both."""
        talk = self._tester.talk
        if step == FILE:
            files = {"NumMedia": "1", "MediaUrl0": PHOTO, "MediaContentType0": "image/jpeg"}
            self._tester.hears("cracked", media=PHOTO)
            self._write("cracked", **files)
        elif step == PLACE and talk.channel == "whatsapp":
            self._tester.hears(location=Location(53.35, -6.26))
            self._write("", Latitude="53.35", Longitude="-6.26")
        elif step.startswith(TAP):
            self._tap(step.removeprefix(TAP))
        else:
            self._tester.hears(step)
            self._write(step)
        self._expected += [reply.body for reply in talk.replies]
        eventually(lambda: len(said(self._person)) >= len(self._expected))
        assert said(self._person) == self._expected

    def _tap(self, choice_id: str) -> None:
        choices = {choice.id: choice for choice in self._tester.talk.choices}
        choice = choices[choice_id]
        is_sms = self._tester.talk.channel == "sms"
        self._tester.taps(choice_id)
        if is_sms:
            self._write(str(choice.number))
        elif self._is_simulated:
            self._write(choice.title, ButtonPayload=choice_id, ButtonText=choice.title)
        else:
            # Twilio knows the offer as soon as it has taken the message with it.
            eventually(lambda: self._person.got[-1:] == self._expected[-1:])
            self._person.taps(choice_id)

    def _write(self, text: str, **fields: str) -> None:
        if self._is_simulated:
            form = urlencode({"From": self._person.address, "Body": text, **fields}).encode()
            url = f"{self._person.stack.url}/webhooks/simulator"
            with urlopen(url, form, timeout=5) as answer:
                assert answer.status == 200
        else:
            self._person.says(text, **fields)

    @property
    def _is_simulated(self) -> bool:
        return self._person.stack.environment["PROVIDER"] == "simulator"

    def arrived(self) -> bool:
        """Whether everything was delivered."""
        return {message["status"] for message in self._person.sent_to()} == {"delivered"}


@pytest.mark.parametrize("name", TALKS)
def test_example_talks_on_both_channels(name: str, provider: str, make_stack: MakeStack) -> None:
    bot = f"bots.examples.{name}:bot"
    with make_stack("sqlite + embedded", BOT=bot, PROVIDER=provider) as stack:
        up(stack)
        with ThreadPoolExecutor(len(CHANNELS)) as both:
            list(both.map(partial(play, stack, name), CHANNELS))


def play(stack: Stack, name: str, channel: Channel) -> None:
    """Write all that TALKS has for this bot."""
    phones = Phones(stack, name, channel)
    for step in TALKS[name]:
        phones.act(step)
    eventually(phones.arrived)


def asked(stack: Stack) -> FakeContact:
    """A contact whom the quiz has asked something."""
    person = fake_contact(stack)
    for count, text in enumerate(("hi", "play"), 1):
        person.says(text)
        eventually(lambda count=count: len(person.got) == count)  # type: ignore[misc]  # bound now
    return person


def test_timeout_fires_after_the_workers_were_killed(make_stack: MakeStack) -> None:
    with make_stack("postgresql + redis", BOT="bots.examples.quiz:bot") as stack:
        _, *workers = stack.start(*EVERYTHING)
        person = asked(stack)
        for worker in workers:
            worker.kill()
        # Half a minute goes by while nobody is there: the row has become due.
        with stack.database.write() as connection:
            assert connection.execute(select(func.count()).select_from(Timer)).scalar() == 1
            connection.execute(update(Timer).values(due_at=datetime.now(UTC)))
        assert len(person.got) == 2
        stack.start("converse", "dispatch", "clock")
        eventually(lambda: len(person.got) == 4, 20)
        assert person.got[2] == "Time is up! It is Jupiter."
        assert person.got[3] == "2. How many legs has a spider?"
        person.says("8")
        eventually(lambda: "Right!" in person.got)


@pytest.fixture
def desk(make_stack: MakeStack) -> Iterator[Stack]:
    """A stack for a bot in the folder of its logs, as an author has it."""
    with make_stack("sqlite + embedded", BOT="desk:bot") as stack:
        yield stack


def deploy(folder: Path, *, state: str, rest: str = "") -> None:
    """Write the support desk down, with the state "tried" under another name."""
    code = (ROOT / "bots" / "examples" / "support_desk.py").read_text("utf-8")
    (folder / "desk.py").write_text(code.replace('"tried"', f'"{state}"') + rest, "utf-8")


def checked(stack: Stack) -> tuple[int | None, str]:
    """What `parley states --check` returns and says."""
    process = stack.run("states", "parley", "states", "--check")
    eventually(lambda: not process.is_running)
    return process._popen.returncode, process.log.read_text("utf-8")


def test_removed_and_renamed_states_are_seen_before_and_met_after_a_deploy(desk: Stack) -> None:
    folder = desk.bot_log.parent
    deploy(folder, state="tried")
    process = up(desk)
    lost, kept = fake_contact(desk), fake_contact(desk)
    for person in (lost, kept):
        person.says("hi")
        eventually(lambda who=person: len(who.got) == 2)  # type: ignore[misc]  # bound now
        person.says("my internet is slow")
    eventually(lambda: len(lost.got) == len(kept.got) == 5)
    assert checked(desk)[0] == 0
    process.kill()
    deploy(folder, state="helped")
    code, words = checked(desk)
    assert code == 1
    assert "2 conversations are in `tried`, which this bot does not have" in words
    # Deployed all the same: the fallback answers, and whoever runs it is told.
    process = up(desk)
    lost.says("1")
    eventually(lambda: len(lost.got) == 7)
    assert lost.got[5] == "Sorry, we have changed a few things, and I lost the thread."
    eventually(lambda: process.says("the bot lacks the state of a conversation"))
    process.kill()
    deploy(folder, state="helped", rest='\n\nbot.renamed("tried", "helped")\n')
    assert checked(desk)[0] == 0
    up(desk)
    kept.says("1")
    eventually(lambda: len(kept.got) == 6)
    assert kept.got[5] == "I am glad. Write at any time."
