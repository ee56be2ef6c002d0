"""Delivery callbacks: any order, any number of times, never backwards (promise P7)."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from pipeline import sweep
from pipeline.enums import STATUS_RANK
from pipeline.messages import Accepted
from pipeline.records.core.messages import Message
from pipeline.records.core.status_callbacks import StoredCallback
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post
from tests.stage import ADA, BOB, Stage

REPORTED = ["queued", "sending", "sent", "delivered", "read", "undelivered", "failed"]


def a_sent_message(make: MakeStage) -> Stage:
    s = make()
    s.hears("hi")
    s.plays()
    assert s.outbound()[0].provider_id == "SM1"
    return s


def rank(status: str) -> int:
    return STATUS_RANK["accepted"] if status in {"queued", "sending"} else STATUS_RANK[status]


def test_status_ends_at_the_highest_rank(stage: MakeStage) -> None:
    s = stage()

    @settings(max_examples=25, deadline=None)
    @given(callbacks=st.lists(st.tuples(st.sampled_from(REPORTED), st.booleans()), max_size=8))
    def check(callbacks: list[tuple[str, bool]]) -> None:
        s.hears("hi", f"+1415556{len(s.outbound()):04}")
        s.plays()
        reached = [s.outbound()[-1].status]
        for status, is_merged_now in callbacks:
            s.gets(s.outbound()[-1].provider_id, status)
            if is_merged_now:
                s.dispatch()
                reached.append(s.outbound()[-1].status)
        s.dispatch()
        ranks = [rank(status) for status in (*reached, s.outbound()[-1].status)]
        assert ranks == sorted(ranks)
        assert ranks[-1] == max([rank("queued"), *(rank(status) for status, _ in callbacks)])

    check()


def test_callbacks_that_contradict_each_other_do_not_stop_sending(stage: MakeStage) -> None:
    s = two_of_unknown_outcome(stage)
    a, b = s.outbound()
    s.gets("SMx", "sent", message_id=str(a.public_id), attempt=1)
    s.gets("SMx", "delivered", message_id=str(b.public_id), attempt=1)
    assert merged_and_sent(s) == ["applied", "applied", "unmatched"]
    assert [row.provider_id for row in s.outbound()] == ["SMx", None, "SMc"]


def test_callback_that_cannot_be_recorded_is_set_aside(stage: MakeStage) -> None:
    s = two_of_unknown_outcome(stage)
    a, b = s.outbound()
    inbound = next(row for row in rows(s.database, Message) if row.direction == "inbound")
    s.gets(inbound.provider_id, "sent", message_id=str(a.public_id), attempt=1)
    s.gets("SMx", "delivered", message_id=str(b.public_id), attempt=1)
    assert merged_and_sent(s) == ["refused", "applied", "unmatched"]
    assert [row.provider_id for row in s.outbound()] == [None, "SMx", "SMc"]


def two_of_unknown_outcome(make: MakeStage) -> Stage:
    s = make(None, Post(Accepted("SMa"), Accepted("SMb"), Accepted("SMc")))
    for contact in (ADA, BOB):
        s.hears("hi", contact)
    s.plays()
    with s.database.write() as connection:
        connection.execute(update(Message).values(provider="post"))
        sent = update(Message).where(Message.direction == "outbound")
        connection.execute(sent.values(provider_id=None, status="unknown"))
    return s


def merged_and_sent(s: Stage) -> list[str]:
    s.gets("SM-stranger", "sent")
    s.hears("hi", "+14155550103")
    s.plays()
    callbacks = sorted(rows(s.database, StoredCallback), key=lambda row: row.id)
    return [row.state for row in callbacks]


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "undelivered"])))
def test_every_order_ends_delivered(stage: MakeStage, order: tuple[str, ...]) -> None:
    s = a_sent_message(stage)
    for status in (*order, *order):
        s.clock.pass_by(1)
        s.gets("SM1", status, error_code="30003" if status == "undelivered" else "")
        s.dispatch()
    (row,) = s.outbound()
    assert row.status == "delivered"
    assert {"sent", "delivered", "undelivered"} <= set(row.status_times)
    assert len(rows(s.database, StoredCallback)) == 3


def test_error_stays_until_the_message_arrives(stage: MakeStage) -> None:
    s = a_sent_message(stage)
    for status, code, shown in (
        ("undelivered", "30003", ("30003", "Handset off.")),
        ("failed", "", ("30003", "Handset off.")),
        ("delivered", "", ("", "")),
    ):
        s.gets("SM1", status, error_code=code, error="Handset off." if code else "")
        s.dispatch()
        (row,) = s.outbound()
        assert (row.error_code, row.error) == shown
    assert row.status == "delivered"


@pytest.mark.parametrize("arrived", ["delivered", "read"])
def test_error_that_comes_after_the_arrival_is_not_kept(stage: MakeStage, arrived: str) -> None:
    s = a_sent_message(stage)
    s.gets("SM1", arrived)
    s.gets("SM1", "failed", error_code="30008", error="Nobody knows.")
    s.dispatch()
    (row,) = s.outbound()
    assert (row.status, row.error_code, row.error, row.failed_at) == (arrived, "", "", None)


@pytest.mark.parametrize("first", ["undelivered", "failed"])
def test_code_that_comes_second_is_kept(stage: MakeStage, first: str) -> None:
    s = a_sent_message(stage)
    s.gets("SM1", first)
    s.gets("SM1", "failed", error_code="30008", error="Nobody knows.")
    s.dispatch()
    (row,) = s.outbound()
    assert (row.status, row.error_code, row.error) == (first, "30008", "Nobody knows.")


def test_receipt_of_an_unknown_message_is_kept(stage: MakeStage) -> None:
    s = a_sent_message(stage)
    s.gets("SM2", "delivered")
    s.dispatch()
    sweep.reconsider_callbacks(s.database)
    s.dispatch()
    assert [row.state for row in rows(s.database, StoredCallback)] == ["unmatched"]
    s.hears("more")
    s.plays()
    assert s.outbound()[1].status == "accepted"
    sweep.reconsider_callbacks(s.database)
    s.dispatch()
    assert s.outbound()[1].status == "delivered"
    assert [row.state for row in rows(s.database, StoredCallback)] == ["applied"]


def test_receipt_of_an_unknown_message_is_not_looked_at_for_ever(stage: MakeStage) -> None:
    s = a_sent_message(stage)
    s.gets("SM2", "delivered")
    s.dispatch()
    s.clock.pass_by(4 * 3600)
    s.hears("more")
    s.plays()
    sweep.reconsider_callbacks(s.database)
    assert [row.state for row in rows(s.database, StoredCallback)] == ["unmatched"]


def test_receipt_that_names_an_inbound_message_hurts_nobody(stage: MakeStage) -> None:
    s = a_sent_message(stage)
    heard = s.hears("again", provider_id="SM-heard")
    s.plays()
    s.gets(heard.provider_id, "delivered")
    s.gets("SM1", "sent")
    s.dispatch()
    sweep.reconsider_callbacks(s.database)
    assert s.outbound()[0].status == "sent"
    states = {row.provider_id: row.state for row in rows(s.database, StoredCallback)}
    assert states == {"SM-heard": "unmatched", "SM1": "applied"}


@pytest.mark.parametrize("ours", ["", "no-uuid", "018f0000-0000-7000-8000-000000000000"])
def test_strange_message_id_is_passed_over(stage: MakeStage, ours: str) -> None:
    s = a_sent_message(stage)
    s.gets("SM1", "sent", message_id=ours)
    s.dispatch()
    assert s.outbound()[0].status == "sent"


def test_unknown_status_changes_nothing(stage: MakeStage) -> None:
    s = a_sent_message(stage)
    s.gets("SM1", "teleported")
    s.dispatch()
    assert s.outbound()[0].status == "accepted"
    assert [row.state for row in rows(s.database, StoredCallback)] == ["applied"]


def test_reason_of_an_earlier_try_goes_when_it_is_sent(stage: MakeStage) -> None:
    s = stage()
    s.hears("hi")
    s.converse()
    with s.database.write() as connection:
        connection.exec_driver_sql("UPDATE message SET error = 'Down.', error_code = '503'")
    s.gets("SM-x", "sent", message_id=str(s.outbound()[0].public_id))
    s.dispatch()
    assert (s.outbound()[0].error, s.outbound()[0].error_code) == ("", "")
