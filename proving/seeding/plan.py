"""What a filled database holds, on both databases alike."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.providers.simulator.provider import OUR_NUMBER as OUR_NUMBER

# The share of conversations in each state: three of the shipped bot, and two that it lacks.
STATES = (
    ("unstructured", 0.8),
    ("collect_info", 0.1689),
    ("support", 0.03),
    ("old_menu", 0.001),
    ("forgotten", 0.0001),
)
OPERATORS = ("desk@example.com", "night@example.com", "lead@example.com")
WHATSAPP = 0.3
# Of 10 conversations 8 are their contact's latest; the others are earlier and have ended.
LATEST = 0.8
FAILURES = (
    ("30003", "Phone off or unreachable. Try again later"),
    ("30005", "The contact's number does not exist or is out of service"),
    ("30007", "A carrier or Twilio filtered the message as unwanted"),
    ("30008", "The carrier gave no reason"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much, and when it is now; the same `seed` makes the same data."""

    conversations: int
    messages: int
    seed: int
    now: datetime

    @property
    def people(self) -> int:
        """How many contacts there are."""
        return max(1, int(self.conversations * LATEST))
