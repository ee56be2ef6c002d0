"""What a bench measures, as values for the capacity, the table and JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# In the order in which a message meets them.
STAGES = ("web", "converse", "dispatch", "database", "broker", "clock")
# A provider reports each message as sent and as delivered.
CALLBACKS_PER_REPLY = 2


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. CPU in milliseconds: of an inbound message, and of a status callback.

    `busy` is the share of its processes' cores that it used while the backlog was worked off;
    `megabytes` is its largest process.
    """

    processes: int
    message_ms: float
    callback_ms: float = 0.0
    busy: float = 0.0
    megabytes: float = 0.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Messages at a steady rate: from the webhook to the call of the provider."""

    rate: float
    messages: int
    answered: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Bot:
    """The bot's own share of a message: CPU, and time in which its functions only waited."""

    path: str
    cpu_ms: float
    waiting_ms: float
    replies: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """One bench.

    `others_busy` is the share of the machine that other work used while the backlog
    was worked off; `load_busy` that of the provider and the phones. `counters` are what a message
    cost the database and the broker, besides CPU. `children` of converse took the turns of the
    rush and the backlog, while `stages` tells of one.
    """

    kind: str
    cores: int
    latency_ms: float
    messages: int
    stages: Mapping[str, Stage]
    quiet: Latency
    bot: Bot
    webhooks_per_second: float
    webhook_p99_ms: float
    webhooks_refused: int
    backlog_per_second: float
    machine_busy: float
    load_busy: float
    others_busy: float
    counters: Mapping[str, float] = field(default_factory=dict)
    connections: Mapping[str, int] = field(default_factory=dict)
    children: int = 1

    def cpu_ms(self, stage: str) -> float:
        """CPU of a stage for one inbound message, its replies and their callbacks."""
        one = self.stages.get(stage)
        if one is None:
            return 0.0
        return one.message_ms + CALLBACKS_PER_REPLY * self.bot.replies * one.callback_ms

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` makes the same of them."""
        return asdict(self)


def from_json(values: Mapping[str, Any]) -> Measurement:
    """What `to_json` gave. Raises KeyError or TypeError where something is missing or unknown."""
    nested = {
        "stages": {name: Stage(**stage) for name, stage in values["stages"].items()},
        "quiet": Latency(**values["quiet"]),
        "bot": Bot(**values["bot"]),
    }
    return Measurement(**{**values, **nested})
