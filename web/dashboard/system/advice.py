"""What is wrong with a running installation, in plain words, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from pipeline.botkit.analysis import graph
from pipeline.queries.system import Overview
from pipeline.runtime import Runtime
from web.dashboard.formats import channel, phone, span

# A turn that fails is tried again after at most two minutes, so an older one waits for a worker.
_LONG_IN_INBOX = timedelta(minutes=3)
_LONG_IN_OUTBOX = timedelta(minutes=2)
_LONG_UNKNOWN = timedelta(minutes=2)
_POOLS = {
    "converse": "messages that come in wait for the bot",
    "dispatch": "replies wait to be sent",
    "clock": "time-outs, and whatever was left behind, wait",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """`what` is wrong, and what to do; `command` is to be run in a terminal."""

    what: str
    todo: str
    command: str = ""
    is_bad: bool = True


def advice(runtime: Runtime, found: Overview, broker: str) -> tuple[Advice, ...]:
    """Everything that needs somebody, the worst first."""
    return (
        *_about_broker(runtime, broker),
        *_about_pools(found),
        *_about_numbers(found),
        *_about_queues(found),
        *_about_address(runtime),
        *_about_bot(runtime),
    )


def _about_broker(runtime: Runtime, problem: str) -> Iterator[Advice]:
    if not problem:
        return
    todo = "Start it, or correct BROKER_URL; work goes on within 2 s of its return."
    if runtime.settings.is_embedded:
        todo = "Let the user that runs Parley write there; work goes on within 2 s."
    what = f"The broker is away: {problem}. Messages are kept and wait; none is lost."
    yield Advice(what, todo, "parley doctor")


def _about_pools(found: Overview) -> Iterator[Advice]:
    missing = [pool for pool in _POOLS if not found.alive(pool)]
    if len(missing) == len(_POOLS):
        what = "No worker runs: messages are kept and wait."
        yield Advice(what, "Start all in one process, or those of the Procfile:", "parley up")
        return
    for pool in missing:
        what = f"No {pool} worker gave a sign in the last 15 s: {_POOLS[pool]}."
        yield Advice(what, f"Start the Procfile's {pool} line; its log says why it ended.")


def _about_numbers(found: Overview) -> Iterator[Advice]:
    for one in found.numbers:
        if one.is_stopped:
            what = f"{phone(one.number)} is stopped on {channel(one.channel)}. {one.reason}"
            todo = "Its messages wait. Parley tries one now and then, and goes on when it is taken."
            yield Advice(what, todo)


def _about_queues(found: Overview) -> Iterator[Advice]:
    if found.inbox.age > _LONG_IN_INBOX and found.alive("converse"):
        what = f"The oldest message has waited {span(found.inbox.age)} for the bot."
        todo = "Its handlers are slow, or more messages come than the workers can take: start more."
        yield Advice(what, todo, is_bad=False)
    is_stopped = any(one.is_stopped for one in found.numbers)
    if found.queued.age > _LONG_IN_OUTBOX and found.alive("dispatch") and not is_stopped:
        what = f"The oldest reply has waited {span(found.queued.age)} to be sent."
        todo = "The provider is slow or turns messages away for now, or SENDER_RATE is low."
        yield Advice(what, todo, is_bad=False)
    if found.unknown.age > _LONG_UNKNOWN:
        what = f"Nobody knows for {span(found.unknown.age)} whether a message went out."
        todo = "The clock looks it up at the provider; is the clock running, the provider in reach?"
        yield Advice(what, todo, is_bad=False)


def _about_address(runtime: Runtime) -> Iterator[Advice]:
    settings = runtime.settings
    if settings.provider != "simulator" and urlsplit(settings.public_url).scheme != "https":
        what = "PUBLIC_URL is no https:// address: a real provider calls no other."
        yield Advice(what, "Set PUBLIC_URL to what the provider calls.", is_bad=False)


def _about_bot(runtime: Runtime) -> Iterator[Advice]:
    for state in graph.machine(runtime.bot).states:
        for mark in state.marks:
            what = f"In the bot's state “{state.name}”, {mark}."
            yield Advice(what, "The page States shows it.", is_bad=False)
