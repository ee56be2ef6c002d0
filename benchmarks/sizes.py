"""How much each benchmark does: enough for a steady figure, or little, for the tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """`other_` is what the slower pipelines get of the same; `contacts` is how many write."""

    backlog: int = 6_000
    other_backlog: int = 800
    http_backlog: int = 3_000
    other_http_backlog: int = 500
    contacts: int = 2_000
    requests: int = 3_000
    sends: int = 3_000
    seconds: float = 14.0
    pgbench_seconds: int = 2
    burst: int = 1_500


TINY = Sizes(
    backlog=60,
    other_backlog=20,
    http_backlog=60,
    other_http_backlog=20,
    contacts=20,
    requests=70,
    sends=60,
    seconds=0.5,
    pgbench_seconds=1,
    burst=70,
)
