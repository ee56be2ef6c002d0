"""Broken builds: what keeps a promise is taken out of a running process, to see it reported.

A checker that has never found anything proves nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breakage:
    """One way to break Parley: what is taken away, and the violation that must be reported.

    `break_it` runs in each process before it works, `schema` once on the database.
    """

    name: str
    what: str
    violation: str
    break_it: Callable[[], None]
    schema: tuple[str, ...] = ()


BREAKAGES: dict[str, Breakage] = {}
