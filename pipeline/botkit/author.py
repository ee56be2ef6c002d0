"""Where the author's code called the kit, for error messages."""

import inspect
from pathlib import Path

_HERE = str(Path(__file__).parent)


def author_position() -> tuple[str, int]:
    """File and line of the author's code that called the kit."""
    frame = inspect.currentframe()
    while frame is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame else ("", 0)


def _is_ours(file: str) -> bool:
    # "<string>" is the __init__ of a dataclass.
    return file.startswith(_HERE) or file == "<string>"


def author_line() -> str:
    """The author's line that called the kit, as `file:line`."""
    return location(*author_position())


def location(file: str, line: int) -> str:
    """`file:line`, relative to the working directory if it is inside it."""
    path = Path(file)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"{path}:{line}"
