"""What a test lets an operator do; Tester has these methods."""

from abc import ABC, abstractmethod
from typing import Self

from pipeline.botkit.testing.session import Talk


class OperatorVerbs(ABC):
    """The methods of a Tester for what operators do."""

    talk: Talk
    _lines: list[str]

    @abstractmethod
    def _note_replies(self) -> Self:
        """Log the replies."""

    def enters(self, state: str) -> Self:
        """An operator sets the state."""
        self._lines.append(f"  operator: sets the state {state}")
        self.talk.enter(state)
        return self._note_replies()

    def taken_over(self, minutes: int | None = None) -> Self:
        """An operator takes the conversation over, for so long or until they hand it back."""
        self._lines.append(f"  operator: takes over{f' for {minutes} min' if minutes else ''}")
        self.talk.take_over(minutes)
        return self._note_replies()

    def restarted(self) -> Self:
        """An operator restarts the conversation: start state, without data."""
        self._lines.append("  operator: restarts the conversation")
        self.talk.restart()
        return self._note_replies()

    def closed(self) -> Self:
        """An operator ends the conversation."""
        self._lines.append("  operator: ends the conversation")
        self.talk.close()
        return self._note_replies()

    def handed_back(self) -> Self:
        """An operator hands the conversation back to the bot."""
        self._lines.append("  operator: hands back")
        self.talk.release()
        return self._note_replies()

    given_back = handed_back  # deprecated: its name before this release
