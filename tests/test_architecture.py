"""The rules that hold the tree together: import direction, sizes, names, one reader of settings."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = ("bots", "migrations", "parley", "pipeline", "proving", "web", "workers")
MODULES = sorted(path for name in SOURCES for path in (ROOT / name).rglob("*.py"))
EVERY_MODULE = [*MODULES, ROOT / "celeryconfig.py", *sorted((ROOT / "tests").rglob("*.py"))]
# A migration is a list of operations, kept as it was released.
SIZED = [path for path in EVERY_MODULE if path.parent.name != "versions"]
DRAWERS = {"common", "helpers", "manager", "misc", "service", "util", "utils"}
SUPPRESSION = re.compile(r"# (noqa|type: ignore)")
REASON = re.compile(r"# (noqa: \w+|type: ignore\[[\w, -]+\])( \(.+\)|  # .+)$")
ONLY_READER = ROOT / "pipeline" / "settings.py"

each_module = pytest.mark.parametrize("path", EVERY_MODULE, ids=lambda p: str(p.relative_to(ROOT)))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return (node for node in ast.walk(tree) if isinstance(node, kinds))


def test_imports_go_in_one_direction() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SIZED, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 250
    long = [
        f"{function.name}: {length} lines"
        for function in functions(tree_of(path))
        if (length := (function.end_lineno or 0) - function.lineno + 1) > 30
    ]
    assert long == []


@each_module
def test_modules_say_what_they_are_for(path: Path) -> None:
    assert ast.get_docstring(tree_of(path))


@each_module
def test_no_import_hides_in_a_function(path: Path) -> None:
    hidden = [
        node.lineno
        for function in functions(tree_of(path))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_no_module_is_a_drawer() -> None:
    names = {part for path in EVERY_MODULE for part in path.relative_to(ROOT).with_suffix("").parts}
    assert names & DRAWERS == set()


def test_one_module_reads_the_environment() -> None:
    readers = [path for path in MODULES if path != ONLY_READER and reads_environment(path)]
    assert readers == []


def reads_environment(path: Path) -> bool:
    attributes = (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute))
    return any(
        ast.unparse(node) in {"os.environ", "os.environb", "os.getenv"} for node in attributes
    )


def test_suppressions_are_few_and_give_reasons() -> None:
    lines = [line for path in MODULES for line in path.read_text("utf-8").splitlines()]
    marked = [line for line in lines if SUPPRESSION.search(line)]
    assert [line for line in marked if not REASON.search(line)] == []
    assert len(marked) <= max(15, len(lines) // 400)
