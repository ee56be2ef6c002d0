"""An action of an operator: its verb, who may do it, what it says, and who works next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, Generic, Literal, ParamSpec, TypeVar

from marshmallow.fields import Field

from pipeline.runtime import Runtime
from pipeline.wakeups import Pool
from web.services import here

P = ParamSpec("P")
T = TypeVar("T")
Subject = Literal["conversation", "contact", "turn", "message", "timer"]


@dataclass(frozen=True, slots=True)
class Route:
    """The action's route in the API: the last part of its path, and what the document says."""

    path: str
    summary: str
    about: str = ""
    conflict: str = "The conversation has ended"


@dataclass(frozen=True, slots=True)
class Action(Generic[P, T]):
    """`verb` does it; then the workers of `wakes` are woken, and the page says `done`.

    `done` is formatted with the verb's keyword arguments, or computed from its result. `fields` are
    what the form and the JSON body may hold, by the names of the verb's keyword arguments.
    """

    name: str
    verb: Callable[Concatenate[Runtime, P], T]
    done: str | Callable[[T], str] = ""
    wakes: Pool | None = None
    role: str = "operator"
    on: Subject | None = None
    label: str = ""
    is_destructive: bool = False
    fields: Mapping[str, Field[Any]] = field(default_factory=dict)
    route: Route | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the verb, then wake its workers. Raises ChangeRefused."""
        site = here()
        result = self.verb(site.runtime, *args, **kwargs)
        if self.wakes:
            site.notify(self.wakes)
        return result

    def message(self, result: T, values: Mapping[str, object]) -> str:
        """What the page says once it is done."""
        return self.done.format(**values) if isinstance(self.done, str) else self.done(result)


def count(number: int, noun: str) -> str:
    """A number with its noun, as "1 turn" or "2,000 turns"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
