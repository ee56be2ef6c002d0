"""The servers of a proof: its own PostgreSQL, Redis and RabbitMQ, each in a folder.

Nothing else uses them, so a proof may kill, pause and empty them.
"""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import redis
from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from proving.faults.server import SYSTEM_PATH, Server, folder_of, free_port


class Postgresql(Server):
    """A PostgreSQL cluster. With `is_durable` it syncs every commit to the disk, as installed."""

    def __init__(self, folder: Path, *, is_durable: bool = False, connections: int = 200) -> None:
        super().__init__(folder)
        self._bin = folder_of("initdb", "/usr/lib/postgresql/*/bin")
        self._options = [f"max_connections={connections}", f"fsync={'on' if is_durable else 'off'}"]
        self._template = ""
        self._initialise()

    def _initialise(self) -> None:
        # PostgreSQL refuses to run as root.
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        data = str(self.folder / "data")
        make = [str(self._bin / "initdb"), "--pgdata", data, "--auth", "trust"]
        command = [
            *self._as_user(),
            *make,
            "--username",
            "parley",
            "--no-sync",
            "--encoding",
            "UTF8",
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False)
        if done.returncode:
            raise AssertionError(f"initdb in {self.folder}: {done.stderr}")

    def _as_user(self) -> list[str]:
        user = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"]
        return user if os.geteuid() == 0 else []

    def command(self) -> Sequence[str]:
        options = [*self._options, "listen_addresses=127.0.0.1", f"port={self.port}"]
        options += [f"unix_socket_directories={self.folder}", "synchronous_commit=on"]
        settings = [word for option in options for word in ("-c", option)]
        return [
            *self._as_user(),
            str(self._bin / "postgres"),
            "-D",
            str(self.folder / "data"),
            *settings,
        ]

    def kill(self) -> None:
        """End it as a crash does: no checkpoint, and every connection is cut."""
        self._end(signal.SIGKILL)
        # What is left of the shared memory of the dead one would keep the next from starting.
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def url(self, name: str = "postgres") -> str:
        """The address of a database, as an operator writes it."""
        return f"postgresql://parley@127.0.0.1:{self.port}/{name}"

    def answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except SQLAlchemyError:
            return False
        return True

    def new_database(self, upgrade: Callable[[str], None]) -> str:
        """The address of a database with every table, which `upgrade` makes the first time."""
        if not self._template:
            self.execute("CREATE DATABASE upgraded")
            upgrade(self.url("upgraded"))
            self._template = "upgraded"
        name = f"proof_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return self.url(name)

    def execute(self, statement: str) -> None:
        """Run one statement as its owner, outside a transaction."""
        url = self.url().replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(
            url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3}
        )
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()


class Redis(Server):
    """A Redis that writes what it takes to its append-only file."""

    @property
    def url(self) -> str:
        """What BROKER_URL is to be."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> "redis.Redis":
        """A client of its own, to be closed."""
        return redis.Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=5)

    def command(self) -> Sequence[str]:
        binary = folder_of("redis-server") / "redis-server"
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "save": ""}
        options |= {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        return [
            str(binary),
            *(word for key, value in options.items() for word in (f"--{key}", str(value))),
        ]

    def answers(self) -> bool:
        try:
            with self.client as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False

    def forget(self) -> None:
        """Lose everything, and what was written to its disk too."""
        shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)


class Rabbitmq(Server):
    """A RabbitMQ node."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._node = f"parley{self.port}@localhost"
        self._bin = folder_of("rabbitmq-server", "/usr/lib/rabbitmq/bin")

    @property
    def url(self) -> str:
        """What BROKER_URL is to be."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def command(self) -> Sequence[str]:
        return [str(self._bin / "rabbitmq-server")]

    def environment(self) -> dict[str, str]:
        return {
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
        }

    def control(self, *words: str) -> None:
        """Run rabbitmqctl on it."""
        environment = {"PATH": SYSTEM_PATH, "HOME": str(self.folder), **self.environment()}
        command = [str(self._bin / "rabbitmqctl"), "--node", self._node, *words]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)

    def answers(self) -> bool:
        with Celery(broker=self.url).connection_for_write(connect_timeout=2) as connection:
            try:
                connection.ensure_connection(max_retries=1, timeout=2)
            except (OperationalError, OSError):
                time.sleep(0.3)
                return False
            return True
