"""Every crash point is in the code once, and has a scenario that lets a process die there."""

import ast
from collections import Counter
from pathlib import Path

from pipeline.crash import Point
from proving.faults.scenarios import ALL

ROOT = Path(__file__).parents[2]
VERBS = ("pipeline", "web", "workers")


def _points_in(module: Path) -> list[str]:
    """The members of Point that are given to `crash.point` in a module."""
    calls = (node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call))
    return [
        argument.attr
        for call in calls
        if ast.unparse(call.func) == "crash.point"
        for argument in call.args
        if isinstance(argument, ast.Attribute)
    ]


def test_each_point_has_its_scenario() -> None:
    named = [scenario.name for scenario in ALL if scenario.group == "crashes"]
    assert sorted(named) == sorted(f"crash {point}" for point in Point)


def test_each_point_is_in_the_code_once() -> None:
    modules = [module for verb in VERBS for module in (ROOT / verb).rglob("*.py")]
    used = Counter(name for module in modules for name in _points_in(module))
    assert used == Counter(point.name for point in Point)
