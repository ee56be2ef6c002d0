"""Problems of a running installation, and how to fix each."""

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
    "converse": "incoming messages are queued",
    "dispatch": "replies are queued",
    "clock": "timeouts and retries are delayed",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """A problem and its fix; `command` is run in a terminal."""

    what: str
    todo: str
    command: str = ""
    is_bad: bool = True


def advice(runtime: Runtime, found: Overview, broker: str) -> tuple[Advice, ...]:
    """Every problem that needs attention, the worst first."""
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
    todo = "Start it, or correct BROKER_URL. Work resumes within 2 seconds."
    if runtime.settings.is_embedded:
        todo = "Give the user that runs Parley write access there. Work resumes within 2 seconds."
    what = f"The broker is unreachable: {problem}. Messages are queued; none are lost."
    yield Advice(what, todo, "parley doctor")


def _about_pools(found: Overview) -> Iterator[Advice]:
    missing = [pool for pool in _POOLS if not found.alive(pool)]
    if len(missing) == len(_POOLS):
        what = "No workers running. Messages are queued."
        yield Advice(what, "Start all in one process, or each line of the Procfile:", "parley up")
        return
    for pool in missing:
        what = f"No {pool} worker seen in the last 15 seconds: {_POOLS[pool]}."
        yield Advice(what, f"Start the Procfile's {pool} line. Its log says why it ended.")


def _about_numbers(found: Overview) -> Iterator[Advice]:
    for one in found.numbers:
        if one.is_stopped:
            what = (
                f"{phone(one.number)} has stopped sending on {channel(one.channel)}. {one.reason}"
            )
            todo = "Its messages are queued. Sending resumes when a test message succeeds."
            yield Advice(what, todo)


def _about_queues(found: Overview) -> Iterator[Advice]:
    if found.inbox.age > _LONG_IN_INBOX and found.alive("converse"):
        what = f"The oldest incoming message has been queued for {span(found.inbox.age)}."
        todo = "Handlers are slow, or workers are too few. Start more converse workers."
        yield Advice(what, todo, is_bad=False)
    is_stopped = any(one.is_stopped for one in found.numbers)
    if found.queued.age > _LONG_IN_OUTBOX and found.alive("dispatch") and not is_stopped:
        what = f"The oldest reply has been queued for {span(found.queued.age)}."
        todo = "The provider is slow or rejecting messages for now, or SENDER_RATE is too low."
        yield Advice(what, todo, is_bad=False)
    if found.unknown.age > _LONG_UNKNOWN:
        what = f"A message has had an unknown outcome for {span(found.unknown.age)}."
        todo = "Make sure that the clock is running and that the provider is reachable."
        yield Advice(what, todo, is_bad=False)


def _about_address(runtime: Runtime) -> Iterator[Advice]:
    settings = runtime.settings
    if settings.provider != "simulator" and urlsplit(settings.public_url).scheme != "https":
        what = "PUBLIC_URL isn't an https:// address. Providers only call https:// addresses."
        yield Advice(what, "Set PUBLIC_URL to the address that the provider calls.", is_bad=False)


def _about_bot(runtime: Runtime) -> Iterator[Advice]:
    for state in graph.machine(runtime.bot).states:
        for mark in state.marks:
            what = f"Bot state “{state.name}”: {mark}."
            yield Advice(what, "See the States page.", is_bad=False)
