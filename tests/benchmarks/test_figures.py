"""How figures are told: goals and ratios, the table, its place in a page, the chart."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import chart, table
from benchmarks.figures import Goal, Line, Row, alternating, lines, number
from proving.faults.response_times import quantile

ROWS = (
    Row("rate", "Parley", "ours"),
    Row("rate", "textbook", "theirs", "ours", Goal(2)),
    Row("p99 ms", "Parley", "slow", goal=Goal(100, is_most=True)),
    Row("absent", "pgbench", "none", "ours"),
)
ROUNDS = [
    {"ours": 300.0, "theirs": 100.0, "slow": 120.0},
    {"ours": 100.0, "theirs": 100.0, "slow": 80.0},
    {"ours": 1200.0, "theirs": 400.0, "slow": 130.0},
]


@pytest.fixture
def told() -> list[Line]:
    return lines(ROWS, ROUNDS)


def test_a_ratio_is_of_one_round(told: list[Line]) -> None:
    assert told[1].ratios == (3, 1, 3)
    assert told[1].ratio == 3


def test_no_side_is_always_the_first() -> None:
    order: list[str] = []

    def side(name: str) -> dict[str, float]:
        order.append(name)
        return {name: 1.0}

    one_round = alternating(lambda: side("a"), lambda: side("b"))
    assert one_round() == one_round() == {"a": 1.0, "b": 1.0}
    assert order == ["a", "b", "b", "a"]


def test_a_row_without_figures_is_left_out(told: list[Line]) -> None:
    assert [line.row.what for line in told] == ["rate", "rate", "p99 ms"]


def test_goals(told: list[Line]) -> None:
    assert [line.is_reached for line in told] == [None, True, False]


def test_the_table_tells_medians_spread_and_goals(told: list[Line]) -> None:
    assert table.table(told).splitlines()[2:] == [
        "| rate | Parley | 300 | 100–1,200 |  |  |  |",
        "| rate | textbook | 100 | 100–400 | 3 (1–3) | ≥ 2 | yes |",
        "| p99 ms | Parley | 120 | 80–130 |  | ≤ 100 | no |",
    ]


def test_a_page_keeps_what_stands_around_the_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n", "utf-8")
    table.write(page, "new\n")
    table.write(page, "newer\n")
    assert page.read_text("utf-8") == f"before\n{table.BEGIN}\nnewer\n{table.END}\nafter\n"


def test_a_page_without_its_place_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n", "utf-8")
    with pytest.raises(ValueError, match="lacks the markers"):
        table.write(page, "new\n")


def test_the_page_of_the_docs_has_its_place() -> None:
    page = Path(__file__).parents[2] / "docs" / "performance.md"
    assert table.BEGIN in page.read_text("utf-8")


def test_the_chart_has_a_bar_for_each_side_that_is_compared(told: list[Line]) -> None:
    drawn = ET.fromstring(chart.chart(told))  # noqa: S314 (our own)
    bars = drawn.findall("{http://www.w3.org/2000/svg}rect")
    assert [bar.get("class") for bar in bars] == ["parley", "other"]
    assert [float(bar.get("width", 0)) for bar in bars] == [115.0, 38.3]


@pytest.mark.parametrize(
    ("value", "shown"), [(1234.6, "1,235"), (34.56, "34.6"), (2.0, "2"), (0.2345, "0.23")]
)
def test_numbers_have_about_three_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_percentiles_of_few() -> None:
    assert quantile([1, 2, 3], 0.99) == 3
    assert quantile([1, 2, 3], 0.5) == 2
