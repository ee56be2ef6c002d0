"""`parley prove`: try to break every promise on servers of its own, and say what held."""

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
    """What was asked for is not there, or a promise was broken."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; see the options."""

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
        """What to run, in order."""
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
        """Each breakage that was named, in the scenario that shows it."""
        by_name = {scenario.name: scenario for scenario in ALL}
        for name in MUTATIONS if "all" in self.broken else self.broken:
            scenario = by_name[MUTATIONS[name].scenario]
            yield Plan(scenario, scenario.kinds[0], seed, broken=name)

    def scenarios(self) -> list[Scenario]:
        """Those that were named, or all but the long ones. Raises CannotProve for an unknown."""
        known = [s for s in ALL if not (self.bot and s.needs_counting_bot)]
        for name in self.names:
            if not any(_fits(scenario, name) for scenario in known):
                raise CannotProve(f"No scenario begins with {name!r}; see parley prove --list.")
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
@click.option("--list", "is_list", is_flag=True, help="Say what there is, and do nothing.")
@click.option("--quick", "is_quick", is_flag=True, help="Only those that CI runs, some minutes.")
@click.option("--core", "is_core", is_flag=True, help="Only those meant for every kind of install.")
@click.option(
    "--on",
    type=click.Choice([*KINDS, "all"]),
    multiple=True,
    help="PostgreSQL with redis or rabbitmq, or sqlite with the embedded broker.",
)
@click.option("--seed", type=int, help="The same seed does the same harm. Drawn if not given.")
@click.option("--seeds", type=click.IntRange(1), default=1, help="So many, one after another.")
@click.option("--bot", default="", help="Your bot, as module:attribute; else one that counts.")
@click.option("--say", multiple=True, help="What contacts say to it; several are drawn from.")
@click.option("--set", "settings", multiple=True, help="A setting of its processes: NAME=VALUE.")
@click.option("--minutes", default=0.0, help="How long the soak or the chaos lasts.")
@click.option(
    "--broken",
    type=click.Choice([*sorted(MUTATIONS), "all"]),
    multiple=True,
    help="Break a build on purpose, to see that it is noticed.",
)
@click.option("--report", "path", type=click.Path(path_type=Path), help="Write a table there.")
def command(**options: Any) -> None:
    """Try to break every promise of docs/guarantees.md, and say what held.

    Starts PostgreSQL, Redis and RabbitMQ of its own on free ports, Parley's processes as the
    Procfile says, and a fake Twilio. NAMES are beginnings of scenarios, or groups: F10, crash,
    broker. Without any, all but the long ones are run.
    """
    wish = Wish(**options)
    if wish.is_list:
        click.echo(report.listing(wish.scenarios()))
        return
    results = _prove_all(list(wish.plans()))
    click.echo(report.summary(results))
    if wish.path:
        wish.path.write_text(report.table(results), "utf-8")
    failed = sum(not result.is_proved for result in results)
    if failed:
        raise CannotProve(f"{failed} of {len(results)} runs broke a promise, or their scenario.")


def _prove_all(plans: list[Plan]) -> list[Result]:
    # The bot may lie in the folder that the command is given in.
    sys.path.insert(0, str(Path.cwd()))
    # What was started must not outlive a proof that is told to end.
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
        raise CannotProve(f"--set takes NAME=VALUE, as SENDER_RATE=5; it got {setting!r}.")
    return name.upper(), value
