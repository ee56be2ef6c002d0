"""A scenario: one way to hurt an install, and what is allowed to come of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proving.faults.server_pool import KINDS
from proving.faults.violations import STRICT, Allowed

if TYPE_CHECKING:
    from proving.faults.run import Run

SQLITE, REDIS, RABBITMQ = KINDS
ON_POSTGRESQL = (REDIS, RABBITMQ)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`play` injects the faults; all scenarios are drained and checked in the same way.

    `group` is receiver, broker, worker, sender, callbacks, crashes, limits or whole; `kinds` are
    installs that it suits, and it runs on the first unless another is asked for. `is_quick` runs in
    CI, `is_core` is one of those that run on every kind, `is_long` only when it is named. One that
    `is_obeyed` needs the counting bot, which obeys its messages.
    """

    name: str
    what: str
    group: str
    play: "Callable[[Run], None]"
    kinds: tuple[str, ...] = (REDIS, RABBITMQ, SQLITE)
    allowed: Allowed = STRICT
    drained_within_seconds: float = 30.0
    is_quick: bool = False
    is_core: bool = False
    is_long: bool = False
    needs_counting_bot: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Collects the scenarios of one module: `scenario = Group("broker")`, then as a decorator."""

    name: str
    scenarios: list[Scenario]

    def __call__(self, name: str, **options: object) -> "Callable[[Play], Play]":
        """Add a function, whose docstring says what it does, under a name as "F10 redis killed"."""

        def added(play: "Play") -> "Play":
            what = (play.__doc__ or "").partition("\n")[0]
            self.scenarios.append(Scenario(name, what, self.name, play, **options))  # type: ignore[arg-type]  # the fields of Scenario
            return play

        return added


Play = Callable[["Run"], None]
