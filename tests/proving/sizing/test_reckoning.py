"""Which stage is full first, and which process comes next."""

from dataclasses import replace

import pytest

from proving.sizing.measured import Measured
from proving.sizing.reckoning import judge, total_ms
from tests.proving.sizing.samples import MEASURED, idle, with_bot, with_cores


def test_a_message_costs_its_replies_callbacks_too() -> None:
    assert MEASURED.cpu_ms("web") == pytest.approx(0.5 + 2 * 0.25)
    assert MEASURED.cpu_ms("nobody") == 0


def test_the_clock_costs_the_same_at_any_load() -> None:
    assert total_ms(MEASURED) == pytest.approx(1.0 + 1.0 + 0.6 + 0.8)


def test_the_lowest_limit_is_full_first() -> None:
    verdict = judge(MEASURED)

    assert verdict.first == "converse"
    assert verdict.most == pytest.approx(1000)
    assert verdict.limits["web"] == pytest.approx(2000)


def test_the_next_process_gains_up_to_the_next_limit() -> None:
    verdict = judge(MEASURED)

    assert verdict.advice.startswith("Add a second converse process")
    assert "1,000 becomes 1,600 messages a second" in verdict.advice
    assert "where the dispatch pool is full" in verdict.advice


def test_web_grows_by_its_own_option() -> None:
    stages = {**MEASURED.stages, "web": replace(MEASURED.stages["web"], message_ms=9.0)}

    assert "parley web --workers 3" in judge(replace(MEASURED, stages=stages)).advice


def test_a_full_machine_has_no_work_for_another_process() -> None:
    verdict = judge(with_cores(2))

    assert verdict.first == "machine"
    assert verdict.most == pytest.approx(2000 / 3.4)
    assert "gains nothing" in verdict.advice


def test_a_bot_that_waits_wants_more_converse_processes() -> None:
    verdict = judge(with_bot(waiting_ms=99))

    assert verdict.first == "converse"
    assert verdict.most == pytest.approx(10)
    assert "The bot waits 99 ms" in verdict.advice
    assert verdict.fill["converse"] == pytest.approx(16 / 0.0034 / 10, abs=1)


def test_calls_in_flight_bound_dispatch_where_the_provider_is_slow() -> None:
    verdict = judge(replace(with_bot(0), latency_ms=1000))

    assert verdict.first == "dispatch"
    assert verdict.most == pytest.approx(128)
    assert "128 calls in flight" in verdict.advice


def test_a_bot_that_says_nothing_needs_no_calls() -> None:
    silent = replace(with_bot(0, replies=0), latency_ms=10_000)

    assert judge(silent).limits["dispatch"] == pytest.approx(2000)


@pytest.mark.parametrize(
    ("measured", "word"),
    [(idle("sqlite + embedded"), "one writer"), (idle("postgresql + redis"), "faster disk")],
    ids=["sqlite", "postgresql"],
)
def test_where_nobody_was_busy_commits_were_waited_for(measured: Measured, word: str) -> None:
    verdict = judge(measured)

    assert (verdict.first, verdict.most) == ("commits", 100)
    assert word in verdict.advice


def test_a_day_keeps_a_reserve_in_its_busiest_hour() -> None:
    verdict = judge(MEASURED)

    assert verdict.planned == pytest.approx(700)
    assert verdict.a_day == pytest.approx(700 * 36_000)
