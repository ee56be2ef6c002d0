"""Which providers exist. A new one is its module and one line here."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from pipeline.errors import SettingsError
from pipeline.providers.base import Provider
from pipeline.settings import Settings

# PROVIDER -> "module:function" that makes it from the settings; imported only when chosen.
PROVIDERS: Mapping[str, str] = {
    "simulator": "pipeline.providers.simulator:create",
    "twilio": "pipeline.providers.twilio.provider:create",
}


def create(name: str, settings: Settings) -> Provider:
    """The provider of that name. Raises SettingsError for an unknown name.

    Call it after a fork: the provider keeps connections.
    """
    if name not in PROVIDERS:
        raise SettingsError(f"PROVIDER: {name!r} is none of {', '.join(sorted(PROVIDERS))}")
    module, _, function = PROVIDERS[name].partition(":")
    make = cast("Callable[[Settings], Provider]", getattr(import_module(module), function))
    return make(settings)
