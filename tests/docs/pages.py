"""The pages with snippets, cut into sections and fenced blocks.

A section goes from one `## ` heading to the next. Its Python blocks are one module, in the order in
which they stand; a first line as `# bots/shop.py` names it, so that a later block can import from
it. Code of another product stands under the comment THEIRS.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("bots*.md")),
    *sorted((ROOT / "docs" / "bots").glob("*.md")),
    *sorted((ROOT / "docs" / "coming-from").glob("*.md")),
]
THEIRS = "<!-- theirs -->"
_FENCE = re.compile(r"^```(\w*)$")
_NAME = re.compile(r"^# (bots/\w+)\.py$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `line` is that of its first line within the page, from 1."""

    language: str
    line: int
    lines: tuple[str, ...]
    is_theirs: bool = False

    @property
    def text(self) -> str:
        """What it holds."""
        return "\n".join(self.lines) + "\n"

    @property
    def module(self) -> str:
        """The name that its first line gives the module; "" for none."""
        found = _NAME.match(self.lines[0]) if self.lines else None
        return found[1].replace("/", ".") if found else ""


@dataclass(slots=True)
class Section:
    """A part of a page under one heading, with the blocks in it."""

    page: Path
    title: str
    blocks: list[Block] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.title}"

    def of(self, language: str) -> list[Block]:
        """Its blocks in that language that are Parley's."""
        return [it for it in self.blocks if it.language == language and not it.is_theirs]

    @property
    def source(self) -> str:
        """Its Python as one module whose lines have the numbers that they have in the page."""
        written: list[str] = []
        for block in self.of("python"):
            written += [""] * (block.line - 1 - len(written))
            written += block.lines
        return "\n".join([*written, ""])

    @property
    def module(self) -> str:
        """The name that one of its blocks gives that module; "" for none."""
        return next(filter(None, (block.module for block in self.of("python"))), "")


def sections(page: Path) -> list[Section]:
    """The sections of a page that hold blocks."""
    found = [Section(page, "top")]
    opened: tuple[str, int, bool] | None = None
    lines = page.read_text("utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        fence = _FENCE.match(line)
        if opened and line == "```":
            language, first, is_theirs = opened
            inside = tuple(lines[first - 1 : number - 1])
            found[-1].blocks.append(Block(language, first, inside, is_theirs))
            opened = None
        elif not opened and fence:
            opened = (fence[1], number + 1, lines[number - 2] == THEIRS)
        elif not opened and line.startswith("## "):
            found.append(Section(page, line.removeprefix("## ")))
    if opened:
        raise ValueError(f"{page}:{opened[1]}: the block is never closed")
    return [section for section in found if section.blocks]


SECTIONS = [section for page in PAGES for section in sections(page)]
