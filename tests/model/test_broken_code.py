"""Each of these breaks the code in one place, and the machine must say so.

Those that it takes long to come to are for MODEL_EXAMPLES, as in `make faults`.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import Phase
from sqlalchemy import Connection, text, update

from pipeline import gates
from pipeline.converse import record as converse_record
from pipeline.dispatch import callbacks as merging
from pipeline.enums import Status
from pipeline.records import bulk
from pipeline.records.core import inbox, leases, outbox
from pipeline.records.core.inbox import Entry
from pipeline.records.core.lanes import Lane
from pipeline.records.core.outbox import Delivery
from pipeline.records.core.status_callbacks import CallbackRow
from tests.model.running import MORE_EXAMPLES, play
from tests.model.world import World

Patch = pytest.MonkeyPatch
EXAMPLES = 400


def leases_fence_nothing(patch: Patch) -> None:
    def all_of_them(_: Connection, __: str, ___: object, keys: Collection[str]) -> set[str]:
        return set(keys)

    patch.setattr(leases, "lock_held", all_of_them)


def versions_fence_nothing(patch: Patch) -> None:
    patch.setattr(converse_record, "_with_current_versions", lambda _, batch: list(batch))


def repeated_webhooks_are_new(patch: Patch) -> None:
    def append(connection: Connection, entries: Sequence[dict[str, Any]]) -> None:
        query = text("SELECT sql FROM sqlite_schema WHERE name = 'inbox'")
        unique = "UNIQUE (provider_id, provider, account_id)"
        if unique in (made := connection.execute(query).scalar_one()):
            loose = made.replace(unique, "CHECK (1)").replace("TABLE inbox", "TABLE loose")
            connection.execute(text(loose))
            connection.execute(text("INSERT INTO loose SELECT * FROM inbox"))
            connection.execute(text("DROP TABLE inbox"))
            connection.execute(text("ALTER TABLE loose RENAME TO inbox"))
        bulk.add(connection, Entry, entries)

    patch.setattr(inbox, "append", append)


def callbacks_have_no_rank(patch: Patch) -> None:
    apply = merging.apply

    def unranked(delivery: Delivery, callback: CallbackRow, status: Status) -> Delivery:
        merged = apply(delivery, callback, status)
        return merged._replace(status=merging.status_of(callback.status))

    patch.setattr(merging, "apply", unranked)


def second_sendings_are_not_counted(patch: Patch) -> None:
    begin = outbox.begin

    def uncounted(connection: Connection, found: Sequence[Delivery], now: datetime) -> None:
        begin(connection, [one._replace(reconcile_attempts=0) for one in found], now)

    patch.setattr(outbox, "begin", uncounted)


def work_that_comes_during_work_is_forgotten(patch: Patch) -> None:
    def release(
        connection: Connection, direction: str, token: object, keys: Sequence[str], _: datetime
    ) -> None:
        held = (Lane.direction == direction, Lane.key.in_(keys), Lane.token == token)
        idle = {"token": None, "attempts": 0, "due_at": None}
        connection.execute(update(Lane).where(*held).values(idle))

    patch.setattr(leases, "release", release)


def holds_do_not_keep_replies_back(patch: Patch) -> None:
    patch.setattr(gates, "_is_held", lambda *_: False)


def replies_go_before_the_turn_is_recorded(patch: Patch) -> None:
    """The failing half of a turn that is recorded in two transactions."""
    patch.setattr(inbox, "settle", lambda _, ids, *__: len(ids))


QUICK = (leases_fence_nothing, replies_go_before_the_turn_is_recorded)
SLOW = (
    versions_fence_nothing,
    repeated_webhooks_are_new,
    callbacks_have_no_rank,
    second_sendings_are_not_counted,
    work_that_comes_during_work_is_forgotten,
    holds_do_not_keep_replies_back,
)


@pytest.mark.timeout(600 + 4 * MORE_EXAMPLES)
@pytest.mark.parametrize(
    "break_code", [*QUICK, *(SLOW if MORE_EXAMPLES else ())], ids=lambda it: it.__name__
)
def test_machine_finds(
    make_world: Callable[[], World],
    monkeypatch: Patch,
    break_code: Callable[[Patch], None],
) -> None:
    break_code(monkeypatch)
    with pytest.raises(AssertionError, match=r"^P\d+"):
        play(make_world, max(EXAMPLES, MORE_EXAMPLES), (Phase.generate,))
