"""What Twilio needs of the settings."""

from dataclasses import dataclass, field
from typing import Self

from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class TwilioSettings:
    """One Twilio account. The first of `auth_tokens` opens its API; any may sign a webhook.

    `read_seconds` is how long a call waits for its answer.
    """

    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    phone_number: str = ""
    messaging_service_sid: str = ""
    api_base_url: str = ""
    public_url: str = ""
    read_seconds: float = 10.0

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The account that the process's settings name."""
        tokens = settings.twilio_auth_token.get_secret_value().split(",")
        return cls(
            account_sid=settings.twilio_account_sid.strip(),
            auth_tokens=tuple(token.strip() for token in tokens if token.strip()),
            phone_number=settings.twilio_phone_number.strip().removeprefix("whatsapp:"),
            messaging_service_sid=settings.twilio_messaging_service_sid.strip(),
            api_base_url=settings.twilio_api_base_url.rstrip("/"),
            public_url=settings.public_url.rstrip("/"),
        )
