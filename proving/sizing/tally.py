"""A whole bench: the parts of its course, and the figures that are made of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from proving.faults.fake_twilio.messages import Create
from proving.faults.measure import quantile
from proving.sizing.course import Course, Part, Wish
from proving.sizing.install import PHONES, Install
from proving.sizing.measured import STAGES, Bot, Measured, Quiet, Stage
from proving.sizing.usage import cores

_FULL_BATCHES = {"converse", "dispatch"}


def measure(install: Install, wish: Wish, tell: Callable[[str], None]) -> Measured:
    """Play the course on an install that runs; `tell` hears what is done, for a person."""
    course = Course(install, wish)
    try:
        tell("warming up")
        course.warm_up()
        tell(f"{course.rate:.3g} messages a second for {wish.seconds:g} s")
        steady = course.steady()
        course.widen()
        tell(f"{course.messages} webhooks as quick as they are taken")
        rush = course.rush()
        tell(f"a backlog of {course.messages} messages")
        backlog = course.backlog()
        tell("the callbacks of what was sent")
        callbacks = course.callbacks(backlog.creates[: backlog.count])
    finally:
        course.close()
    bot = _bot(wish, steady, backlog)
    quiet = _quiet(course.rate, steady)
    measured = _measured(install, wish, quiet, bot, (rush, backlog, callbacks))
    return replace(measured, children=course.children)


def _measured(
    install: Install, wish: Wish, quiet: Quiet, bot: Bot, parts: tuple[Part, Part, Part]
) -> Measured:
    rush, backlog, callbacks = parts
    spent, capacity = backlog.spent, cores() * backlog.spent.seconds
    load = spent.cpu["provider"] + spent.cpu[PHONES]
    ours = sum(spent.cpu.values())
    return Measured(
        kind=install.kind,
        cores=cores(),
        latency_ms=wish.latency_ms,
        messages=backlog.count,
        stages=_stages(install, rush, backlog, callbacks),
        quiet=quiet,
        bot=bot,
        webhooks_per_second=_posted_per_second(rush),
        webhook_p99_ms=quantile(sorted(rush.posted.seconds), 0.99) * 1000,
        webhooks_refused=rush.posted.refused,
        backlog_per_second=backlog.count / spent.seconds,
        machine_busy=min(1.0, spent.machine_seconds / capacity),
        load_busy=load / capacity,
        others_busy=min(1.0, max(0.0, spent.machine_seconds - ours) / capacity),
        counters={name: value / rush.count for name, value in rush.spent.counters.items()},
        connections=install.connections(),
    )


def _stages(install: Install, rush: Part, backlog: Part, callbacks: Part) -> dict[str, Stage]:
    """Converse and dispatch with full batches; the others from a webhook to its answer's call."""
    stages = {}
    for name in STAGES:
        if family := install.families.get(name):
            part = backlog if name in _FULL_BATCHES else rush
            stages[name] = Stage(
                processes=family.workers,
                message_ms=part.spent.cpu_ms(name, part.count),
                callback_ms=callbacks.spent.cpu_ms(name, callbacks.count),
                busy=backlog.spent.cpu[name] / backlog.spent.seconds / family.workers,
                megabytes=family.megabytes,
            )
    return stages


def _bot(wish: Wish, steady: Part, backlog: Part) -> Bot:
    waits = [part.spent.bot.waiting_seconds / part.count for part in (steady, backlog)]
    return Bot(
        path=wish.bot,
        cpu_ms=backlog.spent.bot.cpu_seconds * 1000 / backlog.count,
        # On a full machine a bot waits for the CPU too, which is nobody's to wait for elsewhere.
        waiting_ms=min(waits) * 1000,
        replies=len(backlog.creates) / backlog.count,
    )


def _quiet(rate: float, part: Part) -> Quiet:
    delays = first_calls(part.phones, part.posted.began_at, part.creates)
    ordered = sorted(delays)
    return Quiet(
        rate=rate,
        messages=part.count,
        answered=len(delays),
        p50_ms=quantile(ordered, 0.5) * 1000,
        p99_ms=quantile(ordered, 0.99) * 1000,
    )


def first_calls(
    phones: Sequence[str], began_at: Sequence[float], creates: Sequence[Create]
) -> list[float]:
    """The seconds from each webhook to the first call for its contact, before the next webhook.

    A message that the bot has no answer to has none.
    """
    calls: Mapping[str, list[float]] = _by_phone((create.to, create.at) for create in creates)
    begun = _by_phone(zip(phones, began_at, strict=True))
    delays = []
    for phone, moments in begun.items():
        ends = [*moments[1:], float("inf")]
        for begin, end in zip(moments, ends, strict=True):
            if call := next((at for at in calls.get(phone, []) if begin <= at < end), None):
                delays.append(call - begin)
    return delays


def _by_phone(pairs: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for phone, at in pairs:
        found[phone].append(at)
    return found


def _posted_per_second(part: Part) -> float:
    posted = part.posted
    ends = [begin + seconds for begin, seconds in zip(posted.began_at, posted.seconds, strict=True)]
    return part.count / (max(ends) - min(posted.began_at))
