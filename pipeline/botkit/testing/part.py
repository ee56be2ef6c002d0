"""Parts of a conversation as attributes of the test that has it."""

from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Part(Generic[T]):
    """An attribute of `conversation`, to read and set on its owner."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, talk: Any, owner: type) -> T:
        part: T = getattr(talk.conversation, self._name)
        return part

    def __set__(self, talk: Any, value: T) -> None:
        setattr(talk.conversation, self._name, value)
