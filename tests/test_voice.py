"""Pages, messages, docs, docstrings, comments and names use plain English and one word per thing.

CONTRIBUTING.md says how we write. A failure lists file, line, text, and what to write instead.
The habits and the exceptions are in tests/voice.py.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.voice import ACCEPTED_NAMES, EXCEPTIONS, HABITS, NAMES, PENDING

ROOT = Path(__file__).parent.parent

FOLDERS = ("bots", "pipeline", "workers", "web", "parley", "proving", "benchmarks", "migrations")
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
TEMPLATES = sorted((ROOT / "web").rglob("*.html"))


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of prose and where it is."""

    place: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: {self.text}"


def is_pending(path: Path) -> bool:
    return str(path.relative_to(ROOT)).startswith(PENDING) if PENDING else False


def lines(path: Path) -> Iterator[Text]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        yield Text(str(path.relative_to(ROOT)), number, line.strip())


def prose(path: Path) -> Iterator[Text]:
    """The docstrings, strings and comments of a Python file."""
    place, source = str(path.relative_to(ROOT)), path.read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield Text(place, node.lineno, " ".join(node.value.split()))
    yield from comments(place, source)


def comments(place: str, source: str) -> Iterator[Text]:
    """Comments, with those of successive lines as one text."""
    found: list[Text] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        text, line = token.string.lstrip("# "), token.start[0]
        if found and line == found[-1].line + found[-1].text.count("\n") + 1:
            found[-1] = Text(place, found[-1].line, f"{found[-1].text}\n{text}")
        else:
            found.append(Text(place, line, text))
    for comment in found:
        yield Text(place, comment.line, comment.text.replace("\n", " "))


def habits_in(texts: Iterator[Text]) -> list[str]:
    """What is to be written in another way, one line each."""
    return [
        f"{text.place}:{text.line}: …{around(text.text, found)}…  -> {instead}"
        for text in texts
        for pattern, instead in HABITS.items()
        for found in re.finditer(pattern, text.text, re.IGNORECASE)
        if not is_accepted(text)
    ]


def around(text: str, found: re.Match[str]) -> str:
    return text[max(0, found.start() - 40) : found.end() + 40]


def is_accepted(text: Text) -> bool:
    return any(place in text.place and part in text.text for place, part, _ in EXCEPTIONS)


def names(path: Path) -> Iterator[tuple[int, str]]:
    """The module's name, and its public classes and functions."""
    yield 1, path.stem
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name


def parts(name: str) -> set[str]:
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+", name)}


def covered(paths: list[Path]) -> list[Path]:
    return [path for path in paths if not is_pending(path)]


def test_docs_read_well() -> None:
    texts = (text for path in covered(list(PAGES)) for text in lines(path))
    assert habits_in(texts) == []


def test_pages_read_well() -> None:
    texts = (text for path in covered(TEMPLATES) for text in lines(path))
    assert habits_in(texts) == []


def test_messages_docstrings_and_comments_read_well() -> None:
    texts = (text for path in covered(SOURCES) for text in prose(path))
    assert habits_in(texts) == []


def test_names_are_those_of_the_glossary() -> None:
    odd = [
        f"{path.relative_to(ROOT)}:{line}: {name}  -> {NAMES[part]}"
        for path in covered(SOURCES)
        for line, name in names(path)
        for part in sorted(parts(name) & set(NAMES))
        if not name.startswith("_") and name not in ACCEPTED_NAMES
    ]
    assert odd == []


def test_no_folder_is_passed_over_that_is_gone() -> None:
    assert [place for place in PENDING if not (ROOT / place).exists()] == []


@pytest.mark.parametrize(
    "bad",
    [
        "This is no user of ours.",
        "Who said STOP is not written to.",
        "The clock rings for what was left behind.",
        "Of 3 messages nobody knows the outcome.",
        "Mend the bot, then run the turn again.",
        "A burst is one turn.",
    ],
)
def test_habits_are_found(bad: str) -> None:
    assert habits_in(iter([Text("page", 1, bad)]))


@pytest.mark.parametrize(
    "good",
    [
        "There is no default account.",
        "Who answers this conversation?",
        "It is no longer needed.",
        "You can't message contacts who opted out.",
        "The `Tester` has `hears(text)`.",
    ],
)
def test_plain_sentences_pass(good: str) -> None:
    assert habits_in(iter([Text("page", 1, good)])) == []
