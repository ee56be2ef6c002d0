"""Override: what an operator does by hand: set a state, start over, hold, write to a contact.

Locks are taken as everywhere: conversations before outbound lanes before messages.
"""

from pipeline.override.holding import give_back, hold
from pipeline.override.states import change_state, reset
from pipeline.override.writing import LONGEST_BODY, Queued, send_message, write_to

__all__ = [
    "LONGEST_BODY",
    "Queued",
    "change_state",
    "give_back",
    "hold",
    "reset",
    "send_message",
    "write_to",
]
