"""Every mutation still takes effect: a rename elsewhere fails here, not in an hour of proofs."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import records
from proving.faults import safeguards
from proving.faults.mutations import MUTATIONS
from proving.faults.scenarios import ALL

ROOT = Path(__file__).parents[3]
SOURCES = {path: path.read_text("utf-8") for path in (ROOT / "pipeline").rglob("*.py")}

Patch = tuple[Any, str, Any]


def patches(name: str, monkeypatch: pytest.MonkeyPatch) -> list[Patch]:
    """What a mutation replaces: the owner, the name, the replacement."""
    found: list[Patch] = []
    monkeypatch.setattr(safeguards, "_put", lambda *patch: found.append(patch))
    MUTATIONS[name].apply()
    return found


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_replaces_something_that_exists(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = patches(name, monkeypatch)
    assert found
    assert [
        (str(owner), attribute) for owner, attribute, _ in found if not hasattr(owner, attribute)
    ] == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_replacements_take_the_same_arguments(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, attribute, new in patches(name, monkeypatch):
        old = getattr(owner, attribute)
        if callable(old):
            positional, named = arguments(old)
            inspect.signature(new).bind(*positional, **named)
        else:
            assert isinstance(new, type(old)), (owner, attribute)


def arguments(function: Any) -> tuple[list[None], dict[str, None]]:
    """Placeholders for what a caller must give."""
    required = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty
    ]
    by_position = [p for p in required if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    by_name = [p.name for p in required if p.kind is p.KEYWORD_ONLY]
    return [None for _ in by_position], dict.fromkeys(by_name)


def imported_names(source: str) -> Iterator[tuple[str, str]]:
    """Each `from module import name`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("name", MUTATIONS)
def test_callers_look_the_name_up_in_its_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = {
        (owner.__name__, attribute)
        for owner, attribute, _ in patches(name, monkeypatch)
        if inspect.ismodule(owner)
    }
    copies = [
        f"{path.name} imports {found}"
        for path, source in SOURCES.items()
        for found in imported_names(source)
        if found in replaced
    ]
    assert copies == []


def test_dropped_constraints_and_indexes_exist() -> None:
    tables = records.Record.metadata.tables.values()
    known = {str(index.name) for table in tables for index in table.indexes}
    known |= {str(constraint.name) for table in tables for constraint in table.constraints}
    statements = [statement for m in MUTATIONS.values() for statement in m.schema]
    dropped = [re.findall(r"DROP (?:CONSTRAINT|INDEX) (\w+)$", it) for it in statements]
    assert all(len(names) == 1 for names in dropped)
    assert {name for names in dropped for name in names} - known == set()


def test_each_names_a_scenario() -> None:
    known = {scenario.name for scenario in ALL}
    assert {mutation.scenario for mutation in MUTATIONS.values()} - known == set()
