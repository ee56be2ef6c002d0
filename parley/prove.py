"""`parley prove`: try to break every promise, on its own servers, and report what held."""

import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pipeline.errors import ParleyError
from proving.faults import report
from proving.faults.mutations import MUTATIONS
from proving.faults.proof import Result, prove
from proving.faults.run import Plan
from proving.faults.scenario import RABBITMQ, REDIS, SQLITE, Scenario
from proving.faults.scenarios import ALL
from proving.faults.server_pool import ServerPool

KINDS = {"redis": REDIS, "rabbitmq": RABBITMQ, "sqlite": SQLITE}


class CannotProve(ParleyError):
    """The requested scenario does not exist, or a promise was broken."""


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command."""

    names: tuple[str, ...]
    is_list: bool
    is_quick: bool
    is_core: bool
    on: tuple[str, ...]
    seed: int | None
    seeds: int
    bot: str
    say: tuple[str, ...]
    settings: tuple[str, ...]
    minutes: float
    broken: tuple[str, ...]
    path: Path | None

    def plans(self) -> Iterator[Plan]:
        """Yield what to run, in order."""
        drawn = random.randrange(1, 1_000_000)  # noqa: S311 (no secret)
        first = drawn if self.seed is None else self.seed
        pairs = tuple(_pair(setting) for setting in self.settings)
        if self.broken:
            yield from self._broken_plans(first)
            return
        for scenario in self.scenarios():
            for kind in self._kinds(scenario):
                for seed in range(first, first + self.seeds):
                    seconds = self.minutes * 60
                    yield Plan(scenario, kind, seed, self.bot, self.say, pairs, seconds)

    def _broken_plans(self, seed: int) -> Iterator[Plan]:
        """Yield each selected mutation, with the scenario that must notice it."""
        by_name = {scenario.name: scenario for scenario in ALL}
        for name in MUTATIONS if "all" in self.broken else self.broken:
            scenario = by_name[MUTATIONS[name].scenario]
            yield Plan(scenario, scenario.kinds[0], seed, broken=name)

    def scenarios(self) -> list[Scenario]:
        """Return the named scenarios, or all but the long ones. Raises CannotProve."""
        known = [s for s in ALL if not (self.bot and s.needs_counting_bot)]
        for name in self.names:
            if not any(_fits(scenario, name) for scenario in known):
                raise CannotProve(
                    f"No scenario starts with {name!r}. `parley prove --list` shows all."
                )
        chosen = [s for s in known if any(_fits(s, name) for name in self.names)]
        chosen = chosen if self.names else [s for s in known if self.is_list or not s.is_long]
        if self.is_quick:
            chosen = [s for s in chosen if s.is_quick]
        return [s for s in chosen if s.is_core] if self.is_core else chosen

    def _kinds(self, scenario: Scenario) -> list[str]:
        wanted = [KINDS[name] for name in (KINDS if "all" in self.on else self.on)]
        suited = [kind for kind in wanted if kind in scenario.kinds]
        return suited if wanted else list(scenario.kinds[:1])


@click.command(
    "prove", epilog="Example: parley prove --bot bots.template:bot --say hi --say 2 F10 crash"
)
@click.argument("names", nargs=-1)
@click.option("--list", "is_list", is_flag=True, help="List the scenarios and exit.")
@click.option("--quick", "is_quick", is_flag=True, help="Run only the scenarios of CI.")
@click.option("--core", "is_core", is_flag=True, help="Run only the core scenarios.")
@click.option(
    "--on",
    type=click.Choice([*KINDS, "all"]),
    multiple=True,
    help="PostgreSQL with redis or rabbitmq, or sqlite with the embedded broker.",
)
@click.option("--seed", type=int, help="The same seed produces the same faults. Default: random.")
@click.option("--seeds", type=click.IntRange(1), default=1, help="Number of seeds to run.")
@click.option("--bot", default="", help="Your bot, as module:attribute. Default: a counting bot.")
@click.option("--say", multiple=True, help="What contacts write to it; repeat for several texts.")
@click.option("--set", "settings", multiple=True, help="A setting for its processes: NAME=VALUE.")
@click.option("--minutes", default=0.0, help="Duration of the soak or the chaos.")
@click.option(
    "--broken",
    type=click.Choice([*sorted(MUTATIONS), "all"]),
    multiple=True,
    help="Remove a safeguard on purpose, to see that the checks notice it.",
)
@click.option("--report", "path", type=click.Path(path_type=Path), help="Write a table to a file.")
def command(**options: Any) -> None:
    """Try to break every promise of docs/guarantees.md, and report what held.

    Starts its own PostgreSQL, Redis and RabbitMQ on free ports, the processes of the Procfile, and
    a fake provider. NAMES are the first letters of scenarios, or groups: F10, crash, broker.
    Without NAMES, all but the long scenarios run.
    """
    request = Request(**options)
    if request.is_list:
        click.echo(report.listing(request.scenarios()))
        return
    results = _prove_all(list(request.plans()))
    click.echo(report.summary(results))
    if request.path:
        request.path.write_text(report.table(results), "utf-8")
    failed = sum(not result.is_proved for result in results)
    if failed:
        raise CannotProve(
            f"{failed} of {len(results)} runs broke a promise, or their scenario failed."
        )


def _prove_all(plans: list[Plan]) -> list[Result]:
    # The bot may be in the current directory.
    sys.path.insert(0, str(Path.cwd()))
    # On SIGTERM, end everything that was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    results = []
    with tempfile.TemporaryDirectory(prefix="parley-prove-") as folder:
        servers = ServerPool(Path(folder))
        try:
            for plan in plans:
                click.echo(report.beginning(plan), nl=False)
                results.append(prove(plan, servers))
                click.echo(report.ending(results[-1]))
        finally:
            servers.close()
    return results


def _fits(scenario: Scenario, name: str) -> bool:
    # "F1" is not "F10".
    is_begun = f"{scenario.name} ".startswith(f"{name} ")
    if scenario.is_long:
        return is_begun
    is_part = not name[-1].isdigit() and scenario.name.startswith(name)
    return scenario.group == name or is_begun or is_part


def _pair(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not (name and equals):
        raise CannotProve(f"--set expects NAME=VALUE, for example SENDER_RATE=5; got {setting!r}.")
    return name.upper(), value
