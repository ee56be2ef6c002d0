"""The rules that hold the tree together: import direction, sizes, names, one reader of settings."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def place(path: Path, line: int) -> str:
    """Where a reader finds it: `tests/conftest.py:12`."""
    return f"{path.relative_to(ROOT)}:{line}"


def assert_none(offenders: list[str]) -> None:
    """Fail with every one of them, one a line."""
    assert not offenders, "\n".join(["", *offenders])


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return (node for node in ast.walk(tree) if isinstance(node, kinds))


def test_imports_go_in_one_direction() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_modules_are_short() -> None:
    lengths = ((path, len(path.read_text("utf-8").splitlines())) for path in SIZED)
    assert_none([place(path, length) for path, length in lengths if length > 250])


def test_functions_are_short() -> None:
    long = [
        f"{place(path, function.lineno)} {function.name}: {length} lines"
        for path in SIZED
        for function in functions(tree_of(path))
        if (length := (function.end_lineno or 0) - function.lineno + 1) > 30
    ]
    assert_none(long)


def test_every_module_has_a_docstring() -> None:
    assert_none([place(path, 1) for path in EVERY_MODULE if not ast.get_docstring(tree_of(path))])


def test_no_function_imports() -> None:
    hidden = [
        place(path, node.lineno)
        for path in EVERY_MODULE
        for function in functions(tree_of(path))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert_none(hidden)


def test_no_module_is_a_drawer() -> None:
    names = {part for path in EVERY_MODULE for part in path.relative_to(ROOT).with_suffix("").parts}
    assert names & DRAWERS == set()


def test_one_module_reads_the_environment() -> None:
    readers = [path for path in MODULES if path != ONLY_READER and reads_environment(path)]
    assert_none([place(path, 1) for path in readers])


def reads_environment(path: Path) -> bool:
    attributes = (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute))
    return any(
        ast.unparse(node) in {"os.environ", "os.environb", "os.getenv"} for node in attributes
    )


def test_suppressions_are_few_and_give_reasons() -> None:
    lines = [line for path in MODULES for line in path.read_text("utf-8").splitlines()]
    marked = [line for line in lines if SUPPRESSION.search(line)]
    assert_none([line for line in marked if not REASON.search(line)])
    assert len(marked) <= max(15, len(lines) // 400)
