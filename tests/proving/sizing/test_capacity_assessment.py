"""Which stage is full first, and which process comes next."""

from dataclasses import replace

import pytest

from proving.sizing.capacity import assess, total_ms
from proving.sizing.measurement import Measurement
from tests.proving.sizing.samples import MEASURED, idle, with_bot, with_cores


def test_a_message_costs_its_replies_callbacks_too() -> None:
    assert MEASURED.cpu_ms("web") == pytest.approx(0.5 + 2 * 0.25)
    assert MEASURED.cpu_ms("nobody") == 0


def test_the_clock_costs_the_same_at_any_load() -> None:
    assert total_ms(MEASURED) == pytest.approx(1.0 + 1.0 + 0.6 + 0.8)


def test_the_lowest_limit_is_full_first() -> None:
    capacity = assess(MEASURED)

    assert capacity.first == "converse"
    assert capacity.most == pytest.approx(1000)
    assert capacity.limits["web"] == pytest.approx(2000)


def test_the_next_process_gains_up_to_the_next_limit() -> None:
    capacity = assess(MEASURED)

    assert capacity.advice.startswith("Add a second converse process")
    assert "1,000 becomes 1,600 messages a second" in capacity.advice
    assert "where the dispatch pool is full" in capacity.advice


def test_web_grows_by_its_own_option() -> None:
    stages = {**MEASURED.stages, "web": replace(MEASURED.stages["web"], message_ms=9.0)}

    assert "parley web --workers 3" in assess(replace(MEASURED, stages=stages)).advice


def test_a_full_machine_has_no_work_for_another_process() -> None:
    capacity = assess(with_cores(2))

    assert capacity.first == "machine"
    assert capacity.most == pytest.approx(2000 / 3.4)
    assert "gain nothing" in capacity.advice


def test_a_bot_that_waits_wants_more_converse_processes() -> None:
    capacity = assess(with_bot(waiting_ms=99))

    assert capacity.first == "converse"
    assert capacity.most == pytest.approx(10)
    assert "The bot waits 99 ms" in capacity.advice
    assert capacity.fill["converse"] == pytest.approx(16 / 0.0034 / 10, abs=1)


def test_calls_in_flight_bound_dispatch_where_the_provider_is_slow() -> None:
    capacity = assess(replace(with_bot(0), latency_ms=1000))

    assert capacity.first == "dispatch"
    assert capacity.most == pytest.approx(128)
    assert "128 calls in flight" in capacity.advice


def test_a_bot_that_says_nothing_needs_no_calls() -> None:
    silent = replace(with_bot(0, replies=0), latency_ms=10_000)

    assert assess(silent).limits["dispatch"] == pytest.approx(2000)


@pytest.mark.parametrize(
    ("measurement", "word"),
    [(idle("sqlite + embedded"), "one writer"), (idle("postgresql + redis"), "faster disk")],
    ids=["sqlite", "postgresql"],
)
def test_where_nobody_was_busy_commits_were_waited_for(measurement: Measurement, word: str) -> None:
    capacity = assess(measurement)

    assert (capacity.first, capacity.most) == ("commits", 100)
    assert word in capacity.advice


def test_a_day_keeps_a_reserve_in_its_busiest_hour() -> None:
    capacity = assess(MEASURED)

    assert capacity.planned == pytest.approx(700)
    assert capacity.a_day == pytest.approx(700 * 36_000)
