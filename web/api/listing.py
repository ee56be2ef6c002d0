"""One page of a list, as the API answers with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from web.api.cursors import encode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """`next` is the cursor of the next page; None at the end."""

    items: Sequence[T]
    next: str | None = None


def one_page(rows: Sequence[T], limit: int, place: Callable[[T], Sequence[object]]) -> Listing[T]:
    """One page of rows, of which one more than `limit` was asked for."""
    items = rows[:limit]
    return Listing(items, encode(place(items[-1])) if len(rows) > limit else None)
