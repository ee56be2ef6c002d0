"""A proof: play a scenario on an install of its own, let it drain, and check what came of it."""

import tempfile
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from proving.faults import mutations
from proving.faults.checker import Counts, check, count
from proving.faults.collector import gather
from proving.faults.fake_twilio import FakeTwilio
from proving.faults.run import Plan, Run
from proving.faults.server_pool import ServerPool
from proving.faults.stack import Stack
from proving.faults.violations import Violation

COUNTING_BOT = "proving.faults.counting_bot:bot"
TRACED_BOT = "proving.faults.traced_bot:bot"
_CALLBACKS_WITHIN_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run. `error` is why it could not be played to its end, "" if it was.

    `figures` are what the scenario measured, in words.
    """

    plan: Plan
    counts: Counts
    violations: list[Violation]
    faults: list[str]
    drained_seconds: float
    seconds: float
    error: str = ""
    logs: str = ""
    figures: tuple[str, ...] = ()

    @property
    def found(self) -> set[str]:
        """The kinds of violation; "error" where the scenario itself saw something wrong."""
        return {it.kind for it in self.violations} | ({"error"} if self.error else set())

    @property
    def is_proved(self) -> bool:
        """Whether every promise was kept; of a broken build, whether that was noticed."""
        if self.plan.broken:
            return bool(self.found & mutations.MUTATIONS[self.plan.broken].found)
        return not self.found


def prove(plan: Plan, servers: ServerPool) -> Result:
    """Play a plan to its end, whatever happens."""
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=servers.folder))
    with ExitStack() as owned:
        database_url, broker_url = owned.enter_context(servers.places(plan.kind, folder))
        fake = owned.enter_context(FakeTwilio())
        settings = {"database_url": database_url, "broker_url": broker_url, **_settings(plan)}
        stack = Stack(folder, fake, **settings)
        owned.callback(stack.stop)
        run = Run(stack, servers, plan)
        owned.callback(run.close)
        if plan.broken:
            mutations.MUTATIONS[plan.broken].prepare(stack.database)
        error = _play(run)
        run.heal()
        drained = _drain(run)
        return _result(run, drained, time.monotonic() - started, error)


def _result(run: Run, drained: float, seconds: float, error: str) -> Result:
    history = gather(run)
    violations = check(history, run.plan.scenario.allowed)
    is_good = not (error or violations or run.plan.broken)
    return Result(
        run.plan,
        count(history),
        violations,
        run.faults,
        drained,
        seconds,
        error,
        "" if is_good else run.stack.logs(),
        tuple(run.figures),
    )


def _settings(plan: Plan) -> dict[str, str]:
    bot = {"BOT": TRACED_BOT, "PROVED_BOT": plan.bot} if plan.bot else {"BOT": COUNTING_BOT}
    return {**bot, **dict(plan.settings), "BROKEN": plan.broken}


def _play(run: Run) -> str:
    try:
        run.plan.scenario.play(run)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what came of the run)
        return "".join(traceback.format_exception(error))
    return ""


def _drain(run: Run) -> float:
    """Until nothing waits and no callback is under way; the seconds until the first of it."""
    limit = run.plan.scenario.drained_within_seconds
    drained = run.drain(limit)
    run.fake.callbacks.finish(_CALLBACKS_WITHIN_SECONDS)
    run.drain(limit)
    return drained
