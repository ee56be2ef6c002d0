"""What a step was, as far as the promises ask."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Step:
    """`seen` and `claimed_at` belong to a recorded batch, `talk` to an operator's change.

    `lost` are the lanes of what is recorded whose lease somebody else has by now.
    """

    name: str
    seen: Counter[UUID] = field(default_factory=Counter)
    claimed_at: datetime | None = None
    talk: UUID | None = None
    lost: frozenset[tuple[str, str]] = frozenset()
