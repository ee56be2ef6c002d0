"""Runs a bench: its phases, and the figures calculated from them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from proving.faults.fake_twilio.messages import Create
from proving.faults.response_times import quantile
from proving.sizing.install import CLIENTS, Install
from proving.sizing.measurement import STAGES, Bot, Latency, Measurement, Stage
from proving.sizing.phases import Phase, Phases, Request
from proving.sizing.usage import cores

_FULL_BATCHES = {"converse", "dispatch"}


def run_bench(install: Install, request: Request, tell: Callable[[str], None]) -> Measurement:
    """Run all phases on a running install; `tell` receives the progress."""
    phases = Phases(install, request)
    try:
        tell("warming up")
        phases.warm_up()
        tell(f"{phases.rate:.3g} messages a second for {request.seconds:g} s")
        steady = phases.steady()
        phases.widen()
        tell(f"{phases.messages} webhooks as fast as they are accepted")
        rush = phases.rush()
        tell(f"a backlog of {phases.messages} messages")
        backlog = phases.backlog()
        tell("the callbacks of what was sent")
        callbacks = phases.callbacks(backlog.creates[: backlog.count])
    finally:
        phases.close()
    bot = _bot(request, steady, backlog)
    latency = _latency(phases.rate, steady)
    measurement = _measurement(install, request, latency, bot, (rush, backlog, callbacks))
    return replace(measurement, children=phases.children)


def _measurement(
    install: Install,
    request: Request,
    latency: Latency,
    bot: Bot,
    phases: tuple[Phase, Phase, Phase],
) -> Measurement:
    rush, backlog, callbacks = phases
    usage, capacity = backlog.usage, cores() * backlog.usage.seconds
    load = usage.cpu["provider"] + usage.cpu[CLIENTS]
    ours = sum(usage.cpu.values())
    return Measurement(
        kind=install.kind,
        cores=cores(),
        latency_ms=request.latency_ms,
        messages=backlog.count,
        stages=_stages(install, rush, backlog, callbacks),
        quiet=latency,
        bot=bot,
        webhooks_per_second=_webhooks_per_second(rush),
        webhook_p99_ms=quantile(sorted(rush.responses.seconds), 0.99) * 1000,
        webhooks_refused=rush.responses.refused,
        backlog_per_second=backlog.count / usage.seconds,
        machine_busy=min(1.0, usage.machine_seconds / capacity),
        load_busy=load / capacity,
        others_busy=min(1.0, max(0.0, usage.machine_seconds - ours) / capacity),
        counters={name: value / rush.count for name, value in rush.usage.counters.items()},
        connections=install.connections(),
    )


def _stages(install: Install, rush: Phase, backlog: Phase, callbacks: Phase) -> dict[str, Stage]:
    """Converse and dispatch with full batches; the others from a webhook to its answer's call."""
    stages = {}
    for name in STAGES:
        if family := install.families.get(name):
            part = backlog if name in _FULL_BATCHES else rush
            stages[name] = Stage(
                processes=family.workers,
                message_ms=part.usage.cpu_ms(name, part.count),
                callback_ms=callbacks.usage.cpu_ms(name, callbacks.count),
                busy=backlog.usage.cpu[name] / backlog.usage.seconds / family.workers,
                megabytes=family.megabytes,
            )
    return stages


def _bot(request: Request, steady: Phase, backlog: Phase) -> Bot:
    waits = [part.usage.bot.waiting_seconds / part.count for part in (steady, backlog)]
    return Bot(
        path=request.bot,
        cpu_ms=backlog.usage.bot.cpu_seconds * 1000 / backlog.count,
        # On a full machine a bot waits for the CPU too, which is nobody's to wait for elsewhere.
        waiting_ms=min(waits) * 1000,
        replies=len(backlog.creates) / backlog.count,
    )


def _latency(rate: float, part: Phase) -> Latency:
    delays = first_calls(part.phones, part.responses.began_at, part.creates)
    ordered = sorted(delays)
    return Latency(
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


def _webhooks_per_second(part: Phase) -> float:
    responses = part.responses
    ends = [
        begin + seconds
        for begin, seconds in zip(responses.began_at, responses.seconds, strict=True)
    ]
    return part.count / (max(ends) - min(responses.began_at))
