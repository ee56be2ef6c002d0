"""The registered providers. To add one, add its folder and one line here."""

from importlib import import_module
from typing import Any

from pipeline.providers.base import Provider, ProviderSettings

# PROVIDER -> "module:class" of its settings, which name the class that implements it. That one is
# imported when it is created: its libraries may be large.
PROVIDERS: dict[str, str] = {
    "simulator": "pipeline.providers.simulator.settings:SimulatorSettings",
    "twilio": "pipeline.providers.twilio.settings:TwilioSettings",
}


def settings_type(name: str) -> type[ProviderSettings]:
    """The settings that a registered provider declares."""
    settings: type[ProviderSettings] = _load(PROVIDERS[name])
    return settings


def create(name: str, settings: ProviderSettings) -> Provider:
    """The registered provider of that name, made from the process's settings.

    Call it after a fork: the provider keeps connections.
    """
    provider: type[Provider] = _load(settings_type(name).implementation)
    return provider.create(settings)


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
