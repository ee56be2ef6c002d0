"""A bench as it might have been, to change one thing of at a time."""

from dataclasses import replace

from proving.sizing.measurement import Bot, Latency, Measurement, Stage

MEASURED = Measurement(
    kind="postgresql + redis",
    cores=16,
    latency_ms=80,
    messages=2000,
    stages={
        "web": Stage(2, 0.5, 0.25, busy=0.5, megabytes=90),
        "converse": Stage(1, 1.0, busy=0.9, megabytes=80),
        "dispatch": Stage(1, 0.5, 0.05, busy=0.5, megabytes=85),
        "database": Stage(1, 0.6, 0.1, busy=0.6, megabytes=40),
        "broker": Stage(1, 0.0, busy=0.0, megabytes=12),
        "clock": Stage(1, 5.0, busy=0.01, megabytes=80),
    },
    quiet=Latency(20, 300, 300, 14, 40),
    bot=Bot("bots.template:bot", cpu_ms=0.1, waiting_ms=0.0, replies=1.0),
    webhooks_per_second=1000,
    webhook_p99_ms=60,
    webhooks_refused=0,
    backlog_per_second=800,
    machine_busy=0.5,
    load_busy=0.1,
    others_busy=0.0,
    counters={"wal_bytes": 9000.0, "stored_bytes": 3000.0, "commits": 0.3, "wakeups": 0.01},
)


def with_cores(cores: int) -> Measurement:
    """The same on another machine."""
    return replace(MEASURED, cores=cores)


def with_bot(waiting_ms: float, replies: float = 1.0) -> Measurement:
    """The same with a bot that waits."""
    return replace(MEASURED, bot=replace(MEASURED.bot, waiting_ms=waiting_ms, replies=replies))


def idle(kind: str) -> Measurement:
    """One where no process was busy, and the backlog took its time."""
    stages = {name: replace(stage, busy=0.2) for name, stage in MEASURED.stages.items()}
    return replace(MEASURED, kind=kind, stages=stages, machine_busy=0.3, backlog_per_second=100.0)
