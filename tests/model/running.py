"""How the machine is run: the same steps each time, or as many others as one likes."""

import os
from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Traffic
from tests.model.world import World

# Some seconds; `make faults` does more.
EXAMPLES = 25
MORE_EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
SEED = os.environ.get("MODEL_SEED", "")
_FEW_WORDS = tuple(phase for phase in Phase if phase not in {Phase.explain, Phase.reuse})


def play(
    make: Callable[[], World],
    examples: int = MORE_EXAMPLES or EXAMPLES,
    phases: tuple[Phase, ...] = _FEW_WORDS,
) -> Counter[str]:
    """Run the machine; returns the corners reached. Raises what broke, with the steps to it.

    MODEL_EXAMPLES makes it a longer run, with other steps for each MODEL_SEED.
    """

    reached: Counter[str] = Counter()
    run = type("Run", (Traffic,), {"make": staticmethod(make), "reached": reached})
    chosen = settings(
        max_examples=examples,
        stateful_step_count=50,
        derandomize=not SEED,
        database=None,
        deadline=None,
        phases=phases,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.normal,
    )
    run_state_machine_as_test(seed(int(SEED))(run) if SEED else run, settings=chosen)
    return reached
