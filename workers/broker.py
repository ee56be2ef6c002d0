"""Celery's broker settings, made from ours."""

from typing import Any

import celeryconfig
from pipeline.settings import Settings
from workers import redis


def address(settings: Settings) -> dict[str, Any]:
    """The Celery settings `broker_url` and `broker_transport_options`."""
    if settings.is_embedded:
        folder = settings.broker_folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        folders = {
            "data_folder_in": str(folder),
            "data_folder_out": str(folder),
            "control_folder": str(folder / "control"),
        }
        return {
            "broker_url": "filesystem://localhost//",
            "broker_transport": "workers.filesystem:Transport",
            "broker_transport_options": {**celeryconfig.transport_options[""], **folders},
        }
    # rediss:// and amqps:// are the same with TLS.
    scheme = "redis" if settings.broker_url.startswith("redis") else "amqp"
    options = celeryconfig.transport_options[scheme]
    redis.install()
    return {"broker_url": settings.broker_url, "broker_transport_options": dict(options)}
