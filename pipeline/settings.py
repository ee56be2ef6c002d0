"""Every setting, read once by each entry point from the environment, `.env` or `NAME_FILE`.

This is the only module that looks at the environment. Next: pipeline/runtime.py builds from it.
"""

from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from pipeline.errors import SettingsError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class _SecretFiles(EnvSettingsSource):
    """`NAME_FILE=/run/secrets/x` stands for `NAME=<that file's text>` (12-factor with mounts)."""

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self.settings_cls.model_fields:
            path = self.env_vars.get(f"{name}_file")
            if not path:
                continue
            try:
                found[name] = Path(path).read_text().strip()
            except OSError as error:
                raise SettingsError(f"{name.upper()}_FILE: cannot read it: {error}") from error
        return found


class Settings(BaseSettings):
    """What a Parley process needs to know. The descriptions are the help texts of .env.example."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    database_url: str = Field(
        "sqlite:///var/parley.db", description="Where everything is kept; postgresql:// or SQLite."
    )
    broker_url: str = Field(
        "", description="Celery's broker; redis:// or amqp://. Empty: files beside the database."
    )
    bot: str = Field("bots.template:bot", description="Your bot, as module:attribute.")
    provider: Literal["simulator", "twilio"] = Field(
        "simulator", description="Who carries the messages: simulator or twilio."
    )
    twilio_account_sid: str = Field("", description="Starts with AC; from the Twilio console.")
    twilio_auth_token: SecretStr = Field(
        SecretStr(""), description="Signs webhooks. Two, comma-separated, while you rotate."
    )
    twilio_phone_number: str = Field("", description="The number we send from, as +15550100.")
    twilio_messaging_service_sid: str = Field(
        "", description="Starts with MG; lets Twilio choose the number."
    )
    twilio_api_base_url: str = Field(
        "", description="Another server that speaks Twilio's REST API, for tests."
    )
    sender_rate: float = Field(
        0, ge=0, description="Messages a second for one of our numbers; 0 lets the provider queue."
    )
    public_url: str = Field(
        "", description="What the provider calls, as https://bot.example.com; signatures need it."
    )
    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs cookies and form tokens; 32 or more random characters."
    )
    host: str = Field("127.0.0.1", description="The address the web server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="The port the web server listens on.")
    log_format: Literal["console", "json"] = Field("console", description="console or json.")
    turn_limit_seconds: float = Field(
        30, gt=0, le=120, description="A bot handler that runs longer loses its effects."
    )
    max_waiting_per_contact: int = Field(
        1000,
        ge=100,
        description="Messages of one contact that may wait; more are parked, as failures.",
    )
    keep_handled_days: int = Field(
        30, ge=1, description="Days a handled webhook is kept to recognise a repeated one."
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        scheme, _, rest = url.partition("://")
        if scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
            return f"postgresql+psycopg://{rest}"
        if scheme == "sqlite":
            return url
        raise ValueError("expected postgresql://user:password@host/name or sqlite:///path.db")

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, url: str) -> str:
        if url and url.partition("://")[0] not in {"redis", "rediss", "amqp", "amqps"}:
            raise ValueError("expected redis://host:6379/0, amqp://user:password@host// or nothing")
        return url

    @field_validator("bot")
    @classmethod
    def _module_and_attribute(cls, path: str) -> str:
        module, _, attribute = path.partition(":")
        if not (module and attribute.isidentifier()):
            raise ValueError("expected module:attribute, as in bots.template:bot")
        return path

    @field_validator("public_url", "twilio_api_base_url")
    @classmethod
    def _base_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("expected https://host, without a path")
        return url.rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (pydantic passes it)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before the environment, before NAME_FILE, before `.env`."""
        return init_settings, env_settings, _SecretFiles(settings_cls), dotenv_settings

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """The settings of this process; raises SettingsError that lists every wrong one."""
        problems: list[str] = []
        try:
            settings = cls(**overrides)
        except ValidationError as error:
            wrong = {str(item["loc"][0]): item["msg"] for item in error.errors()}
            problems = [f"{name.upper()}: {text}" for name, text in wrong.items()]
            # The wrong ones stand at their defaults, so that the others are checked as well.
            defaults = {name: cls.model_fields[name].default for name in wrong}
            settings = cls(**{**overrides, **defaults})
        problems += [p for p in settings.production_problems() if p.split(":")[0] not in problems]
        if problems:
            raise SettingsError("These settings need a change:\n  " + "\n  ".join(problems))
        return settings

    def production_problems(self) -> list[str]:
        """What a real provider needs and this process lacks; [] in simulator mode."""
        if self.provider == "simulator":
            return []
        needed = {
            "SECRET_KEY": len(self.secret_key.get_secret_value()) >= 16,
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token.get_secret_value(),
            "PUBLIC_URL": self.public_url,
            "TWILIO_PHONE_NUMBER": self.twilio_phone_number or self.twilio_messaging_service_sid,
        }
        reasons = {
            "SECRET_KEY": "16 or more random characters; try `openssl rand -hex 32`",
            "PUBLIC_URL": "the https:// address that Twilio calls; signatures are checked with it",
            "TWILIO_PHONE_NUMBER": "set it or TWILIO_MESSAGING_SERVICE_SID",
        }
        missing = [
            f"{name}: needed with PROVIDER={self.provider}: {reasons.get(name, 'from its console')}"
            for name, value in needed.items()
            if not value
        ]
        url = urlsplit(self.public_url)
        if url.scheme == "http" and url.hostname not in _LOOPBACK:
            missing.append("PUBLIC_URL: expected https:// (http:// is for loopback only)")
        return missing

    @property
    def is_embedded(self) -> bool:
        """Whether the broker is the embedded one: files beside the SQLite database."""
        return not self.broker_url

    @property
    def broker_folder(self) -> Path:
        """The folder of the embedded broker."""
        path = self.database_url.removeprefix("sqlite:///")
        return (Path("var") if path == self.database_url else Path(path).parent) / "broker"
