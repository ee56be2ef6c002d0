"""What installs of other sizes carry, and the page that shows it."""

import json
from pathlib import Path

import pytest

from benchmarks import capacity
from proving.sizing import report
from proving.sizing.capacity import assess
from tests.proving.sizing.samples import MEASURED

PAGE = Path(__file__).parents[3] / "docs" / "scaling.md"


def test_one_machine_shares_its_cores_among_all_stages() -> None:
    plan = capacity.plan(MEASURED, capacity.Install("one", cores=16))

    assert plan.most == pytest.approx(16_000 / 3.4)
    assert plan.planned == pytest.approx(plan.most * 0.7)
    assert plan.processes == {"web": 5, "converse": 5, "dispatch": 3}


def test_a_cluster_is_as_large_as_its_database_is_quick() -> None:
    plan = capacity.plan(MEASURED, capacity.Install("cluster", database_cores=4))

    assert plan.most == pytest.approx(5000)
    # 2.6 ms of web, converse and dispatch for each.
    assert plan.cores_of_processes == 13


def test_of_several_benches_the_medians_count(tmp_path: Path) -> None:
    found = report.as_json(MEASURED, assess(MEASURED))
    paths = [tmp_path / f"{cpu}.json" for cpu in (1.0, 1.5, 9.0)]
    for path in paths:
        found["measured"]["stages"]["web"]["message_ms"] = float(path.stem)
        path.write_text(json.dumps(found))

    assert capacity.read(paths).stages["web"].message_ms == 1.5
    assert capacity.read([]) == capacity.MEASURED


def test_the_page_shows_what_is_printed() -> None:
    page = PAGE.read_text("utf-8")

    assert [line for line in capacity.tables(capacity.MEASURED) if line not in page] == []
