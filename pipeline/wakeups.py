"""Wake-ups, as the pipeline sees them: a call that wakes a pool and never fails or waits.

workers/notifier.py implements it with the broker.
"""

from collections.abc import Callable
from typing import Literal

Pool = Literal["converse", "dispatch"]
Notify = Callable[[Pool], None]
