"""Every setting, read once by each entry point from the environment, `.env` or `NAME_FILE`.

This is the only module that looks at the environment. Next: pipeline/runtime.py builds from it.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from pipeline.errors import SettingsError
from pipeline.providers import registry
from pipeline.providers.base import BaseUrl, ProviderSettings

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


class Settings(ProviderSettings, BaseSettings):
    """What a Parley process needs to know. The descriptions are the help texts of .env.example.

    `complete` adds what the providers declare.
    """

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    database_url: str = Field(
        "sqlite:///var/parley.db", description="Where everything is kept; postgresql:// or SQLite."
    )
    broker_url: str = Field(
        "", description="Celery's broker; redis:// or amqp://. Empty: files next to the database."
    )
    bot: str = Field("bots.template:bot", description="Your bot, as module:attribute.")
    provider: str = Field(
        "simulator",
        description=f"What sends and receives messages: {' or '.join(registry.PROVIDERS)}.",
    )
    sender_rate: float = Field(
        0, ge=0, description="Messages a second for one of our numbers; 0 lets the provider queue."
    )
    public_url: BaseUrl = Field(
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

    @field_validator("provider")
    @classmethod
    def _registered(cls, name: str) -> str:
        if name not in registry.PROVIDERS:
            raise ValueError(f"expected one of {', '.join(sorted(registry.PROVIDERS))}")
        return name

    @staticmethod
    def complete() -> "type[Settings]":
        """These settings together with those of every registered provider, as one class."""
        return _together(tuple(map(registry.settings_type, registry.PROVIDERS)))

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

    @staticmethod
    def load(**overrides: Any) -> "Settings":
        """The settings of this process; raises SettingsError that lists every wrong one."""
        complete = Settings.complete()
        wrong: dict[str, str] = {}
        try:
            settings = complete(**overrides)
        except ValidationError as error:
            wrong = {str(problem["loc"][0]): problem["msg"] for problem in error.errors()}
            # With their defaults in place of the wrong ones the others can be checked as well.
            defaults = {name: complete.model_fields[name].default for name in wrong}
            settings = complete(**{**overrides, **defaults})
        problems = settings.production_problems() | {k.upper(): v for k, v in wrong.items()}
        if problems:
            lines = "".join(f"\n  {name}: {text}" for name, text in problems.items())
            raise SettingsError(f"These settings need a change:{lines}")
        return settings

    def production_problems(self) -> dict[str, str]:
        """What the provider needs and this process lacks, by name."""
        of_provider = registry.settings_type(self.provider)
        if not of_provider.is_production:
            return dict(of_provider.missing(self))
        missing = {**self.missing(), **of_provider.missing(self)}
        needed = {
            name: f"needed with PROVIDER={self.provider}: {advice}"
            for name, advice in missing.items()
        }
        url = urlsplit(self.public_url)
        if url.scheme == "http" and url.hostname not in _LOOPBACK:
            needed["PUBLIC_URL"] = "expected https:// (http:// is for loopback only)"
        return needed

    def missing(self) -> Mapping[str, str]:
        """The product's own settings that a real provider needs."""
        key = self.secret_key.get_secret_value()
        needed = {
            "SECRET_KEY": (len(key) >= 16, "16 random characters; try `openssl rand -hex 32`"),
            "PUBLIC_URL": (self.public_url, "the https:// address that the provider calls"),
        }
        return {name: advice for name, (is_fine, advice) in needed.items() if not is_fine}

    @property
    def is_embedded(self) -> bool:
        """Whether the broker is the embedded one: files next to the SQLite database."""
        return not self.broker_url

    @property
    def broker_folder(self) -> Path:
        """The folder of the embedded broker."""
        path = self.database_url.removeprefix("sqlite:///")
        return (Path("var") if path == self.database_url else Path(path).parent) / "broker"


@cache
def _together(of_providers: tuple[type[ProviderSettings], ...]) -> type[Settings]:
    return type("Settings", (Settings, *of_providers), {"__doc__": Settings.__doc__})
