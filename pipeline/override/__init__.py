"""Override: an operator's actions: set a state, restart, end, take over, write, retry.

All code acquires locks in one order: inbound lanes, conversations, outbound lanes, messages,
contacts.
"""

from pipeline.override.attachments import MOST_MEDIA
from pipeline.override.bulk import Changed, change_states, count_open, reset_states
from pipeline.override.canned_replies import (
    LONGEST_TITLE,
    add_canned_reply,
    change_canned_reply,
    delete_canned_reply,
)
from pipeline.override.contacts import (
    add_contact,
    block,
    change_contact,
    opt_in,
    opt_out,
    unblock,
)
from pipeline.override.conversations import (
    LONGEST_TAKEOVER_MINUTES,
    Change,
    change_state,
    change_state_and_holder,
    end,
    known_state,
    release,
    reset,
    take_over,
)
from pipeline.override.failures import rerun, rerun_all, skip, try_all_now, try_now
from pipeline.override.merging import (
    Conflict,
    Merge,
    merge_contacts,
    preview_merge,
    split_contact,
)
from pipeline.override.retry import dismiss, retry
from pipeline.override.time_travel import elapse
from pipeline.override.timers import cancel_timer, retarget_timers
from pipeline.override.writing import LONGEST_BODY, Queued, send_message, write_to

__all__ = [
    "LONGEST_BODY",
    "LONGEST_TAKEOVER_MINUTES",
    "LONGEST_TITLE",
    "MOST_MEDIA",
    "Change",
    "Changed",
    "Conflict",
    "Merge",
    "Queued",
    "add_canned_reply",
    "add_contact",
    "block",
    "cancel_timer",
    "change_canned_reply",
    "change_contact",
    "change_state",
    "change_state_and_holder",
    "change_states",
    "count_open",
    "delete_canned_reply",
    "dismiss",
    "elapse",
    "end",
    "known_state",
    "merge_contacts",
    "opt_in",
    "opt_out",
    "preview_merge",
    "release",
    "rerun",
    "rerun_all",
    "reset",
    "reset_states",
    "retarget_timers",
    "retry",
    "send_message",
    "skip",
    "split_contact",
    "take_over",
    "try_all_now",
    "try_now",
    "unblock",
    "write_to",
]
