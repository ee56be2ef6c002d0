"""The chart of a run, as an SVG that reads in light and in dark: one bar a side, medians.

A thin line over each bar goes from the least to the most.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from xml.sax.saxutils import escape

from benchmarks.figures import Line, number

_WIDTH, _LEFT, _BAR, _RIGHT = 860, 250, 460, 130
_ROW, _TITLE, _GAP = 20, 26, 12
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #57606a; }
.title { font-weight: 600; fill: #1f2328; }
.parley { fill: #1a7f5a; }
.other { fill: #9aa4af; }
.span { stroke: #1f2328; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1; }
  .title { fill: #e6edf3; }
  .parley { fill: #3fb98a; }
  .other { fill: #59636e; }
  .span { stroke: #e6edf3; }
}
"""


def chart(lines: Sequence[Line]) -> str:
    """Every comparison of two sides or more, each to its own scale."""
    groups = [(what, list(group)) for what, group in groupby(lines, lambda it: it.row.what)]
    compared = [(what, group) for what, group in groups if _is_compared(group)]
    drawn = list(_draw(compared))
    height = sum(_TITLE + _ROW * len(group) + _GAP for _, group in compared) + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img">\n'
        f"<title>Parley compared with other pipelines</title>\n<style>{_STYLE}</style>\n"
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def _is_compared(group: Sequence[Line]) -> bool:
    return any(_is_parley(line) for line in group) and len(group) > 1


def _is_parley(line: Line) -> bool:
    return line.row.side.startswith("Parley")


def _draw(groups: Iterable[tuple[str, list[Line]]]) -> Iterator[str]:
    top = _GAP
    for what, group in groups:
        words = f"{what} (less is better)" if what.endswith(" ms") else what
        yield f'<text class="title" x="{_LEFT}" y="{top + 16}">{escape(words)}</text>'
        top += _TITLE
        most = max(max(line.values) for line in group)
        for line in group:
            yield _bar(line, top, _BAR / most)
            top += _ROW
        top += _GAP


def _bar(line: Line, top: int, scale: float) -> str:
    kind = "parley" if _is_parley(line) else "other"
    low, high = (_LEFT + value * scale for value in (min(line.values), max(line.values)))
    middle, words = top + 10, number(line.median)
    if line.ratios:
        words += f" (Parley {number(line.ratio)}×)"
    return (
        f'<text x="{_LEFT - 8}" y="{top + 14}" text-anchor="end">{escape(line.row.side)}</text>'
        f'<rect class="{kind}" x="{_LEFT}" y="{top + 3}" '
        f'width="{max(1.0, line.median * scale):.1f}" height="14" rx="2"/>'
        f'<line class="span" x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>'
        f'<text x="{high + 8:.1f}" y="{top + 14}">{words}</text>'
    )
