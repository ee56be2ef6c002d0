"""The Celery app, and what a worker process is built from.

`celery --app workers.app worker --queues converse …`; the Procfile has every line.
"""

import os
import signal
import threading
import warnings
from collections.abc import Collection
from typing import Any

import structlog
from celery import Celery, platforms, signals
from celery.concurrency.prefork import TaskPool as PreforkPool
from celery.exceptions import CPendingDeprecationWarning
from sqlalchemy.exc import SQLAlchemyError

import celeryconfig
from pipeline import logs
from pipeline.botkit import load
from pipeline.database import Database
from pipeline.errors import ParleyError
from pipeline.records import schema
from pipeline.runtime import Runtime, build, tune_memory
from pipeline.settings import Settings
from workers import broker, process
from workers.notifier import Notifier

log = structlog.get_logger(__name__)

POOLS = sorted({route["queue"] for route in celeryconfig.task_routes.values()})

# Celery 6 will cancel running tasks when the broker is lost; celeryconfig.py opts out already.
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)

app = Celery("parley", include=["workers.converse", "workers.dispatch", "workers.sweep"])
app.config_from_object("celeryconfig")


@app.add_defaults
def _broker() -> dict[str, Any]:
    try:
        return broker.address(Settings.load())
    except ParleyError as error:
        raise SystemExit(f"parley: {error}") from error


_current: process.Process | None = None
_building = threading.Lock()


def current() -> process.Process:
    """This process's runtime and drains, built when it starts or at the first wake-up."""
    global _current  # noqa: PLW0603 (Celery's tasks are functions: there is nowhere else)
    with _building:
        if _current is None:
            settings = Settings.load()
            runtime = build(settings, application="parley worker", is_worker=True)
            _current = _compose(runtime, is_replaceable=False)
        return _current


def adopt(runtime: Runtime) -> None:
    """Use this runtime, for workers that share their process with a web server."""
    global _current  # noqa: PLW0603 (see above)
    _current = _compose(runtime, is_replaceable=False, pools=POOLS)


def _compose(
    runtime: Runtime, *, is_replaceable: bool, pools: Collection[str] = ()
) -> process.Process:
    tune_memory()
    overrun = _end_this_process if is_replaceable else _count_abandoned
    parts = process.Process(runtime, Notifier(runtime.settings).notify, overrun)
    parts.start_heartbeat(pools or app.amqp.queues.consume_from)
    return parts


def _count_abandoned() -> None:
    log.error("turn exceeded its time limit; its thread was abandoned, restart this process")


def _end_this_process() -> None:
    """Kill this process: the pool starts another, which gets the unacknowledged wake-up."""
    log.error("turn exceeded its time limit; replacing worker process")
    os.kill(os.getpid(), signal.SIGKILL)


@signals.setup_logging.connect
def _set_up_logging(**_: Any) -> None:
    logs.configure(Settings.load().log_format)


@signals.worker_init.connect
def _check_before_start(**_: Any) -> None:
    """Report a configuration error at start, in one line, instead of at the first message."""
    try:
        settings = Settings.load()
        load(settings.bot)
        database = Database(settings.database_url, application="parley check")
        with database.read() as connection:
            schema.check(connection)
        # Before the fork: no child may inherit a connection.
        database.close()
    except ParleyError as error:
        raise SystemExit(f"parley: {error}") from error
    except SQLAlchemyError as error:
        log.warning("database not reachable yet", error=type(error).__name__)


@signals.worker_process_init.connect
def _start_child(**_: Any) -> None:
    global _current  # noqa: PLW0603 (see above)
    runtime = build(Settings.load(), application="parley worker", is_worker=True)
    _current = _compose(runtime, is_replaceable=True)


@signals.worker_ready.connect
def _start_threads(sender: Any, **_: Any) -> None:
    if not isinstance(sender.pool, PreforkPool):
        current()


@signals.beat_embedded_init.connect
def _end_beat_with_worker(**_: Any) -> None:
    """End the beat process of `--beat` with its worker; Celery does so for pool processes only.

    Left behind by a killed worker, it would keep running next to that of the next worker.
    What we would send upstream: docs/upstream/celery-beat.md.
    """
    platforms.set_pdeathsig("SIGKILL")


@signals.worker_shutting_down.connect
def _stop(**_: Any) -> None:
    process.stop()
