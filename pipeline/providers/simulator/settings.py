"""The simulator's settings: none."""

from typing import ClassVar

from pipeline.providers.base import ProviderSettings


class SimulatorSettings(ProviderSettings):
    """Nothing to set."""

    implementation: ClassVar[str] = "pipeline.providers.simulator.provider:Simulator"
    is_production: ClassVar[bool] = False
