"""The simulator's settings: whether anybody but this machine may reach it."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from pipeline.providers.base import ProviderSettings


class SimulatorSettings(ProviderSettings):
    """The simulator trusts every request, so it is for this machine only, unless told otherwise."""

    implementation: ClassVar[str] = "pipeline.providers.simulator.provider:Simulator"
    is_production: ClassVar[bool] = False

    simulator_open: bool = Field(
        False, description="Lets other machines reach the simulator, which trusts every request."
    )

    def missing(self) -> Mapping[str, str]:
        """The permission to be reachable from a network, if HOST makes it so."""
        if self.simulator_open or is_loopback(self.host):
            return {}
        advice = (
            f"HOST={self.host} lets other machines reach the simulator, and it trusts every "
            "request. Set PROVIDER, or SIMULATOR_OPEN=true if everybody there may use it"
        )
        return {"SIMULATOR_OPEN": advice}

    def is_own_host(self, name: str) -> bool:
        """Whether this is a name of this machine, so that no other site can pose as ours."""
        ours = {self.host, urlsplit(self.public_url).hostname}
        return self.simulator_open or is_loopback(name) or name in ours


def is_loopback(name: str) -> bool:
    """Whether a host name or address means this machine only."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
