"""The ring, as the pipeline sees it: a call that wakes a pool and never fails or waits.

workers/notifier.py makes one out of the broker.
"""

from collections.abc import Callable
from typing import Literal

Pool = Literal["converse", "dispatch"]
Ring = Callable[[Pool], None]
