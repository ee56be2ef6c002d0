"""Every error Parley raises on purpose. The class decides what happens next.

ParleyError
├── SettingsError              names the setting and what was expected  -> stop at start
├── SchemaError                tables missing or behind                 -> says the command
├── DatabaseUnavailable        not stored, nothing half-done            -> 503, sender retries
├── Overloaded                 more passwords at once than memory allows -> 429, later
├── WebhookRejected            the form is impossible                   -> 400
│   └── SignatureRejected      not from the provider                    -> 403
├── ChangeRefused              an operator asked for the impossible     -> 4xx with the reason
│   ├── UnknownState           lists the bot's states                   -> 422
│   ├── NumberRefused          not a phone number, or a doubtful one    -> 422
│   ├── NotFound               no such record                           -> 404
│   └── SignInRefused          wrong password, or too many of them      -> the form again
├── MediaUnavailable           the provider does not give a file        -> 502 with the reason
├── BotError                   the bot's own code is at fault           -> back-off, then parked
│   ├── TargetGone             a timer leads to a state that is gone    -> parked
│   └── BotDefinitionError     the bot cannot be loaded                 -> stop at start
├── NotUnderstood              the contact answered something else      -> asked again
└── SendError                  one attempt to send did not succeed
    ├── NotSent                certainly not sent                       -> queued again
    │   └── NotStarted         Parley itself had no time for the call   -> due again soon
    ├── OutcomeUnknown         the provider's answer was lost           -> unknown, then settled
    ├── SenderBlocked          our account or number is at fault        -> circuit opens, rows wait
    └── MessageRefused         will never be sent                       -> failed
        └── ContactOptedOut    the contact said STOP                    -> suppressed
"""


class ParleyError(Exception):
    """Parley could not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class SettingsError(ParleyError):
    """A setting is missing or wrong; see .env.example for what each one accepts."""


class SchemaError(ParleyError):
    """The database has no Parley tables, or old ones; run `parley db upgrade`."""


class DatabaseUnavailable(ParleyError):
    """The database did not store the webhook in time; the provider should try again."""


class Overloaded(ParleyError):
    """Too many people are signing in at once. Try again in a few seconds."""


class WebhookRejected(ParleyError):
    """The webhook's form cannot be understood. `reason` is one word, for the counter."""

    reason = "form"

    def __init__(self, message: str | None = None, *, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or self.reason


class SignatureRejected(WebhookRejected):
    """The webhook is not signed by the provider; check PUBLIC_URL and the auth token."""

    reason = "signature"


class ChangeRefused(ParleyError):
    """The change asked for is not possible."""


class UnknownState(ChangeRefused):
    """The bot has no such state."""


class NumberRefused(ChangeRefused):
    """What was typed is not a phone number; one that is only doubtful may be added anyway."""

    def __init__(self, message: str | None = None, *, is_doubtful: bool = False) -> None:
        super().__init__(message)
        self.is_doubtful = is_doubtful


class NotFound(ChangeRefused):
    """There is no such record."""


class SignInRefused(ChangeRefused):
    """Wrong e-mail or password."""


class MediaUnavailable(ParleyError):
    """The provider does not give this file."""


class BotError(ParleyError):
    """The bot's code failed; the message names the bot, the state and the line.

    `state`, `file` and `line` are the same as values, and `what` is the bare error; "" and 0 where
    the message does not name them.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        what: str = "",
        state: str = "",
        file: str = "",
        line: int = 0,
    ) -> None:
        super().__init__(message)
        self.what = what
        self.state = state
        self.file = file
        self.line = line


class TargetGone(BotError):
    """A timer leads to a state that the bot lacks; trying again cannot help."""


class BotDefinitionError(BotError):
    """The bot cannot be loaded."""


class NotUnderstood(ParleyError):
    """Sorry, I did not understand that."""


class SendError(ParleyError):
    """One attempt to send a message did not succeed.

    `code` is the provider's own error code, `reason` is what an operator reads.
    """

    def __init__(self, reason: str | None = None, *, code: str | None = None) -> None:
        super().__init__(reason)
        self.reason = str(self)
        self.code = code


class NotSent(SendError):
    """The provider certainly did not accept the message; Parley will try again.

    `retry_after` is the minimum wait in seconds. `slow_down`: we exceeded the provider's rate.
    `blames_sender` is False if the failure says nothing about the sender's health.
    """

    def __init__(
        self,
        reason: str | None = None,
        *,
        code: str | None = None,
        retry_after: float = 0.0,
        slow_down: bool = False,
        blames_sender: bool = True,
    ) -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after
        self.slow_down = slow_down
        self.blames_sender = blames_sender


class NotStarted(NotSent):
    """Parley was too busy to start the call in time; this does not count as an attempt."""

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(reason, blames_sender=False)


class OutcomeUnknown(SendError):
    """The provider may or may not have accepted the message."""


class SenderBlocked(SendError):
    """The provider refuses our account or number until someone fixes the problem."""


class MessageRefused(SendError):
    """The provider will never send this message."""


class ContactOptedOut(MessageRefused):
    """The contact has asked not to be messaged."""
