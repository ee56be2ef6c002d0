"""Mutations: remove one safeguard from running processes, to see that the checks report it.

A checker that has never found anything proves nothing. `parley prove --broken NAME` plays the
scenario made for a mutation; the tests do so for each.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text

from pipeline.database import Database
from proving.faults import safeguards


@dataclass(frozen=True, slots=True)
class Mutation:
    """One safeguard to remove, and what the checks must report.

    `scenario` shows it, as one of the `found` kinds of violation or as "error", its own assertion.
    `break_it` runs in each process before it works, `schema` once on the database (PostgreSQL).
    `is_quick` is looked at in CI, too.
    """

    what: str
    scenario: str
    found: frozenset[str]
    apply: Callable[[], None]
    schema: tuple[str, ...] = ()
    is_quick: bool = False

    def prepare(self, database: Database) -> None:
        """Remove from the database what would keep the promise anyway."""
        with database.write() as connection:
            for statement in self.schema:
                connection.execute(text(statement))


_TWICE = frozenset({"doubled", "wrong effects", "sent twice", "unexpected"})
MUTATIONS: dict[str, Mutation] = {
    "answer-before-commit": Mutation(
        "A webhook is answered before its row is committed.",
        "F3 database killed",
        # Where the run is slow, the pull finds in time what was lost.
        frozenset({"lost", "error"}),
        safeguards.answer_before_commit,
    ),
    "no-unique-key": Mutation(
        "The same webhook twice is two entries.",
        "F2 same webhook twenty times",
        _TWICE,
        safeguards.know_no_repetition,
        (
            "ALTER TABLE inbox DROP CONSTRAINT uq_inbox_provider_id_provider_account_id",
            "DROP INDEX uq_message_provider_id",
        ),
        is_quick=True,
    ),
    "no-fences": Mutation(
        "A worker that lost its lease records anyway.",
        "F21 stalled beyond the lease",
        _TWICE,
        safeguards.respect_no_fence,
        (
            "ALTER TABLE message DROP CONSTRAINT uq_message_turn_id_ordinal",
            "DROP INDEX uq_message_provider_id",
        ),
    ),
    "no-leases": Mutation(
        "A lane in one worker's hands can be claimed by another.",
        "F0 two of each",
        frozenset({"overlapped"}),
        safeguards.respect_no_lease,
    ),
    "newest-turn-first": Mutation(
        "A contact's newest message is processed first.",
        "F0 workers away",
        frozenset({"reordered"}),
        safeguards.take_the_newest_first,
        is_quick=True,
    ),
    "replies-apart": Mutation(
        "Replies are recorded half a second after their turn.",
        "F19 workers killed",
        frozenset({"torn"}),
        safeguards.record_replies_apart,
    ),
    "sending-unmarked": Mutation(
        "A message is not marked as being sent before the call.",
        "crash dispatch.called",
        frozenset({"sent twice"}),
        safeguards.mark_no_sending,
    ),
    "newest-reply-first": Mutation(
        "A contact's newest reply is sent first.",
        "F0 workers away",
        frozenset({"sent out of order"}),
        safeguards.send_the_newest_first,
    ),
    "last-callback-wins": Mutation(
        "Whatever callback comes last is the status.",
        "F38 callbacks in any order",
        frozenset({"backwards"}),
        safeguards.believe_the_last_callback,
        is_quick=True,
    ),
    "no-sweep": Mutation(
        "Nothing sends wake-ups for what was left behind.",
        "F15 no wake-ups at all",
        frozenset({"undrained"}),
        safeguards.never_sweep,
    ),
    "no-versions": Mutation(
        "A turn in flight overwrites what an operator has set.",
        "P8 operator moves during turns",
        frozenset({"error", "wrong effects"}),
        safeguards.respect_no_version,
    ),
    "plausible-senders": Mutation(
        "A webhook is refused where a numbering plan lacks the sender's number.",
        "P1 senders of every kind",
        frozenset({"error"}),
        safeguards.refuse_impossible_numbers,
        is_quick=True,
    ),
    "an-address-a-contact": Mutation(
        "Each address is a contact, whatever a webhook says.",
        "P11 one person, two addresses",
        frozenset({"divided"}),
        safeguards.take_each_address_for_a_contact,
        is_quick=True,
    ),
    "usual-address": Mutation(
        "A contact is answered at the usual address, not at the one that wrote.",
        "P11 one person, two addresses",
        frozenset({"error"}),
        safeguards.answer_the_usual_address,
    ),
    "no-gates": Mutation(
        "What must not be sent any more is sent.",
        "F35 STOP while replies are queued",
        frozenset({"error"}),
        safeguards.open_the_gates,
    ),
    "failing-unseen": Mutation(
        "A turn that fails is noted only when it is parked.",
        "P12 failures are seen at once",
        frozenset({"error"}),
        safeguards.hide_what_is_tried_again,
        is_quick=True,
    ),
}
