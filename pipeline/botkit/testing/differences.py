"""The difference between what a test expects and what the bot said."""

from difflib import ndiff


def diff(expected: str, said: str) -> str:
    """Two texts line by line, with marks below what differs."""
    found = ndiff(expected.splitlines(), said.splitlines())
    return "\n".join(["(- expected, + said)", *(f"  {line.rstrip()}" for line in found)])
