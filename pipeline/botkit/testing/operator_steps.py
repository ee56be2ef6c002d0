"""What an operator does in a test: the same rules as the operator's actions."""

from abc import ABC, abstractmethod
from datetime import datetime

from pipeline.botkit.bot import Bot
from pipeline.conversation import rules
from pipeline.conversation.values import Conversation, Origin
from pipeline.enums import Cause

OPERATOR = "operator"


class OperatorSteps(ABC):
    """The steps of a conversation test that an operator does."""

    bot: Bot
    now: datetime
    conversation: Conversation
    hand_over: str | None

    @abstractmethod
    def _forget(self) -> None:
        """Forget the replies of the last step."""

    @abstractmethod
    def _settle(self) -> None:
        """Let the changes of the conversation take effect."""

    def _origin(self, cause: Cause) -> Origin:
        actor = OPERATOR if cause == Cause.OPERATOR else self.bot.name
        return Origin(cause, actor, self.now)

    def take_over(self, minutes: int | None = None) -> None:
        """An operator takes the conversation over, for so long or until the release."""
        self._forget()
        rules.take_over(self.conversation, OPERATOR, minutes, self.now)
        self._settle()

    def release(self) -> None:
        """An operator releases the conversation: the bot answers again."""
        self._forget()
        self.hand_over = None
        rules.release(self.conversation, self.bot, self.now)
        self._settle()

    def enter(self, state: str) -> None:
        """An operator sets the state."""
        self._forget()
        rules.move(self.conversation, self.bot, state, self._origin(Cause.OPERATOR))
        self._settle()

    def restart(self) -> None:
        """An operator restarts the conversation."""
        self._forget()
        self.hand_over = None
        rules.restart(self.conversation, self.bot, self._origin(Cause.OPERATOR))
        self._settle()

    def close(self) -> None:
        """An operator ends the conversation."""
        self._forget()
        rules.close(self.conversation, self.now)
        self._settle()
