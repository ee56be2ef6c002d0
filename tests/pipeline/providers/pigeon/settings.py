"""The pigeon's settings."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, SecretStr

from pipeline.providers.base import ProviderSettings


class PigeonSettings(ProviderSettings):
    """PIGEON_… in the environment."""

    implementation: ClassVar[str] = "tests.pipeline.providers.pigeon.provider:Pigeon"

    pigeon_key: SecretStr = Field(SecretStr(""), description="Signs webhooks.")
    pigeon_number: str = Field("", description="The number we send from.")
    pigeon_speed: int = Field(1, ge=1, description="Messages a day.")

    def missing(self) -> Mapping[str, str]:
        """The key, without which anybody could write."""
        return {} if self.pigeon_key.get_secret_value() else {"PIGEON_KEY": "ask the pigeon"}
