"""The servers that the runs of a proof use, each started when first needed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from celery import Celery

from proving.faults.backing_services import Postgresql, Rabbitmq, Redis
from proving.faults.processes import ROOT
from proving.faults.server import Server

KINDS = ("sqlite + embedded", "postgresql + redis", "postgresql + rabbitmq")
_QUEUES = ("converse", "dispatch", "clock")
Kind = TypeVar("Kind", bound=Server)


class ServerPool:
    """Servers in `folder`; one run uses them at a time.

    With `is_durable` PostgreSQL syncs every commit, as installed: a proof kills no machine.
    """

    def __init__(self, folder: Path, *, is_durable: bool = False) -> None:
        self.folder = folder
        self._is_durable = is_durable
        # PostgreSQL runs as a user of its own, who must get in.
        folder.chmod(0o755)
        self._used: list[Server] = []

    @cached_property
    def postgresql(self) -> Postgresql:
        """The PostgreSQL of this proof."""
        folder = self.folder / "postgresql"
        return self._used_from_now(Postgresql(folder, is_durable=self._is_durable))

    @cached_property
    def redis(self) -> Redis:
        """The Redis of this proof."""
        return self._used_from_now(Redis(self.folder / "redis"))

    @cached_property
    def rabbitmq(self) -> Rabbitmq:
        """The RabbitMQ of this proof."""
        return self._used_from_now(Rabbitmq(self.folder / "rabbitmq"))

    @cached_property
    def _file(self) -> Path:
        """A SQLite database with every table."""
        path = self.folder / "upgraded.db"
        _upgrade(f"sqlite:///{path}")
        return path

    @contextmanager
    def places(self, kind: str, folder: Path) -> Iterator[tuple[str, str]]:
        """The addresses of an empty database with every table and of an empty broker."""
        self.repair()
        database, _, broker = kind.partition(" + ")
        if database == "sqlite":
            yield f"sqlite:///{shutil.copy(self._file, folder / 'parley.db')}", ""
            return
        url = self.postgresql.new_database(_upgrade)
        try:
            yield url, self.redis.url if broker == "redis" else self.rabbitmq.url
        finally:
            self.repair()
            self.postgresql.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
            self._empty(broker)

    def under(self, kind: str) -> list[Server]:
        """The servers that an installation of this kind uses; none under SQLite."""
        if kind == KINDS[0]:
            return []
        return [self.postgresql, self.redis if kind == KINDS[1] else self.rabbitmq]

    def repair(self) -> None:
        """Every server that was used runs, whatever was done to it."""
        for server in self._used:
            server.resume()
            if not server.is_running:
                server.start()

    def close(self) -> None:
        """End every server."""
        for server in self._used:
            server.kill()

    def _used_from_now(self, server: Kind) -> Kind:
        # First, so that one that does not come up in time is ended too.
        self._used.append(server)
        server.start()
        return server

    def _empty(self, broker: str) -> None:
        if broker == "redis":
            with self.redis.client as client:
                client.flushall()
            return
        with Celery(broker=self.rabbitmq.url).connection_for_write() as connection:
            for name in _QUEUES:
                connection.default_channel.queue_delete(queue=name)


def _upgrade(url: str) -> None:
    """What the Procfile's release line does."""
    parley = Path(sys.executable).with_name("parley")
    done = subprocess.run(
        [parley, "db", "upgrade"],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "DATABASE_URL": url},
        cwd=Path(sys.executable).parent,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
