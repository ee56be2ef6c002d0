"""The table of actions: one entry for each thing that an operator can do."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from apiflask import fields
from apiflask.fields import String
from apiflask.validators import Length, Range

from pipeline import accounts, override, sweep
from pipeline.database import Database
from pipeline.runtime import Runtime
from web.actions.action import Action, Route, Subject, count
from web.api.shapes.base import Whole

P = ParamSpec("P")
T = TypeVar("T")


def _changed(done: override.Changed) -> str:
    said = f"State changed in {count(done.changed, 'conversation')}."
    if not done.skipped:
        return said
    return f"{said} Skipped {done.skipped:,} that changed in the meantime or had the state already."


def _pass_time(runtime: Runtime, contact_id: UUID, seconds: int, *, actor: str) -> None:
    override.elapse(runtime, contact_id, seconds, actor=actor)
    sweep.move_due_timers(runtime.database)


def _of_accounts(
    verb: Callable[Concatenate[Database, P], T],
) -> Callable[Concatenate[Runtime, P], T]:
    """A verb of pipeline/accounts, which needs the database only."""

    def run(runtime: Runtime, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return verb(runtime.database, *args, **kwargs)

    return run


TAKE_OVER = Action(
    "take_over",
    override.take_over,
    "You've taken over. The bot is paused.",
    on="conversation",
    fields={"minutes": Whole(validate=Range(1, override.LONGEST_TAKEOVER_MINUTES))},
)
RELEASE = Action(
    "release", override.release, "Handed back to the bot.", wakes="converse", on="conversation"
)
RESTART = Action(
    "restart",
    override.reset,
    "Conversation restarted.",
    wakes="converse",
    on="conversation",
    label="Restart conversation (clears its data)",
    route=Route(
        "reset",
        "Restart a conversation",
        "Moves it to the start state, clears its data, and cancels timers and queued replies.",
    ),
)
END = Action(
    "end",
    override.end,
    "Conversation ended. The contact's next message opens a new one.",
    on="conversation",
    label="End conversation",
    is_destructive=True,
    route=Route(
        "close",
        "End a conversation",
        "Cancels its timers. The contact's next message opens a new conversation.",
    ),
)
CHANGE_STATE = Action(
    "change_state", override.change_state, "State changed to {state}.", wakes="converse"
)
CHANGE_STATE_AND_HOLDER = Action(
    "change_state_and_holder", override.change_state_and_holder, wakes="converse"
)
CHANGE_STATES = Action("change_states", override.change_states, _changed, wakes="converse")
SEND = Action("send", override.send_message, wakes="dispatch")
WRITE_TO = Action("write_to", override.write_to, wakes="dispatch")
RETRY = Action("retry", override.retry, "Queued to send again.", wakes="dispatch", on="message")
DISMISS = Action(
    "dismiss",
    override.dismiss,
    "Dismissed. Still marked in the conversation.",
    on="message",
    route=Route(
        "dismiss",
        "Dismiss a failed message",
        "Removes it from the list of failures. It stays in the conversation.",
        "It is not a message that we sent",
    ),
)
TRY_NOW = Action(
    "try_now",
    override.try_now,
    "Trying again…",
    wakes="converse",
    on="turn",
    route=Route(
        "try-now",
        "Try a failing turn again now",
        "Instead of at its `next_attempt_at`.",
        "It does not wait for another attempt",
    ),
)
RERUN = Action(
    "rerun",
    override.rerun,
    "Retrying…",
    wakes="converse",
    on="turn",
    route=Route(
        "rerun",
        "Run a parked turn again",
        "With all its attempts, ahead of later messages of the contact that are still unanswered.",
        "It is no longer parked",
    ),
)
SKIP = Action(
    "skip",
    override.skip,
    "Skipped. The contact's message stays in the conversation.",
    on="turn",
    route=Route(
        "skip",
        "Skip a failed turn",
        "The contact's message stays in the conversation.",
        "It is no longer failing or parked",
    ),
)
RERUN_ALL = Action(
    "rerun_all",
    override.rerun_all,
    lambda turns: f"Retrying {count(turns, 'turn')}…",
    wakes="converse",
)
CANCEL_TIMER = Action("cancel_timer", override.cancel_timer, "Timer cancelled.", on="timer")
ADD_CONTACT = Action(
    "add_contact",
    override.add_contact,
    lambda added: "Contact added." if added[1] else "This contact already exists.",
)
CHANGE_CONTACT = Action("change_contact", override.change_contact, "Saved.")
BLOCK = Action(
    "block",
    override.block,
    "Contact blocked. No messages are sent to them.",
    on="contact",
)
UNBLOCK = Action("unblock", override.unblock, "Contact unblocked.", on="contact")
_PLACE = {
    "channel": String(validate=Length(max=32)),
    "number": String(validate=Length(max=160)),
}
OPT_OUT = Action(
    "opt_out",
    override.opt_out,
    "Contact opted out. No messages are sent to them.",
    on="contact",
    fields=_PLACE,
)
OPT_IN = Action(
    "opt_in",
    override.opt_in,
    "Opt-out removed. The provider may still block messages until they text START.",
    on="contact",
    fields=_PLACE,
)
MERGE = Action(
    "merge",
    override.merge_contacts,
    lambda done: f"Contacts merged. Moved {count(done.conversations, 'conversation')}.",
    wakes="converse",
    on="contact",
    fields={"other": fields.UUID(required=True)},
)
SPLIT = Action(
    "split",
    override.split_contact,
    lambda done: f"Address split off with {count(done.conversations, 'conversation')}.",
    wakes="converse",
    on="contact",
    fields={"address": String(required=True)},
)
ADD_CANNED_REPLY = Action("add_canned_reply", override.add_canned_reply, "Reply added.")
CHANGE_CANNED_REPLY = Action("change_canned_reply", override.change_canned_reply, "Saved.")
DELETE_CANNED_REPLY = Action("delete_canned_reply", override.delete_canned_reply, "Reply deleted.")
PASS_TIME = Action("pass_time", _pass_time, wakes="converse")
INVITE = Action("invite", _of_accounts(accounts.invite), role="admin")
CHANGE_USER = Action("change_user", _of_accounts(accounts.change_user), "Saved.", role="admin")
SIGN_OUT_USER = Action(
    "sign_out_user",
    _of_accounts(accounts.sign_out_everywhere),
    lambda ended: f"Signed out of {count(ended, 'browser')}.",
    role="admin",
)

TABLE: tuple[Action[..., Any], ...] = tuple(
    entry for entry in list(globals().values()) if isinstance(entry, Action)
)


def actions_on(subject: Subject) -> list[Action[..., Any]]:
    """The actions whose forms and routes are made from the table."""
    return [action for action in TABLE if action.on == subject]
