"""Broken builds: what keeps a promise is taken out of a running process, to see it reported.

A checker that has never found anything proves nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text

from pipeline.database import Database


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

    def prepare(self, database: Database) -> None:
        """Take out of the database what would keep the promise all the same."""
        with database.write() as connection:
            for statement in self.schema:
                connection.execute(text(statement))


BREAKAGES: dict[str, Breakage] = {}
