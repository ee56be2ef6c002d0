"""Twilio's settings, and the account that they describe."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

from pydantic import Field, SecretStr

from pipeline.providers.base import BaseUrl, ProviderSettings


class TwilioSettings(ProviderSettings):
    """TWILIO_… in the environment."""

    implementation: ClassVar[str] = "pipeline.providers.twilio.provider:Twilio"

    twilio_account_sid: str = Field("", description="Starts with AC; from the Twilio console.")
    twilio_auth_token: SecretStr = Field(
        SecretStr(""), description="Signs webhooks. Two, comma-separated, while you rotate."
    )
    twilio_phone_number: str = Field("", description="The number we send from, as +15550100.")
    twilio_messaging_service_sid: str = Field(
        "", description="Starts with MG; lets Twilio choose the number."
    )
    twilio_api_base_url: BaseUrl = Field(
        "", description="Another server that speaks Twilio's REST API, for tests."
    )

    def missing(self) -> Mapping[str, str]:
        """The settings without which no message can be verified or sent."""
        needed = {
            "TWILIO_ACCOUNT_SID": (self.twilio_account_sid, "copy it from the Twilio console"),
            "TWILIO_AUTH_TOKEN": (
                self.twilio_auth_token.get_secret_value(),
                "copy it from the Twilio console",
            ),
            "TWILIO_PHONE_NUMBER": (
                self.twilio_phone_number or self.twilio_messaging_service_sid,
                "set it or TWILIO_MESSAGING_SERVICE_SID",
            ),
        }
        return {name: advice for name, (value, advice) in needed.items() if not value}


@dataclass(frozen=True, slots=True)
class Account:
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
    def from_settings(cls, settings: TwilioSettings) -> Self:
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
