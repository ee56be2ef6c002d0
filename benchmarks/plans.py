"""What each hot statement reads, at two sizes of history: the plans of the real drains' statements.

PostgreSQL's auto_explain sends the plan of whatever runs, with the parameters it ran with.
"""

import inspect
import json
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import event, text

from benchmarks import bulk_load, drains
from pipeline import sweep
from pipeline.database import Database
from pipeline.dispatch import callbacks as merging
from pipeline.messages import StatusCallback
from pipeline.records.core import inbox, status_callbacks

_MESSAGES = 3_000
_SETTINGS = (
    "LOAD 'auto_explain'",
    "SET auto_explain.log_min_duration = 0",
    "SET auto_explain.log_analyze = on",
    "SET auto_explain.log_buffers = on",
    "SET auto_explain.log_format = json",
    "SET client_min_messages = log",
)
_PARAMETER = re.compile(r"%\(\w+\)s|\$\d+")
_VERBS = ("converse/", "dispatch/", "receive", "sweep")


@dataclass(slots=True)
class Seen:
    """Every run of one statement: pages touched, milliseconds, and the nodes that read tables."""

    pages: list[int] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    removed: int = 0


def compare(small: str, large: str) -> None:
    """Run the pipeline on both databases and print what its statements read."""
    sizes = [_watch(url) for url in (small, large)]
    print(
        f"| statement | runs | pages of {_MESSAGES:,} messages, small | large | ratio "
        "| ms a run, large | rows thrown away | reads |\n" + "|---" * 8 + "|"
    )
    for name in sorted(sizes[0].keys() | sizes[1].keys()):
        print(_row(name, *(size.get(name) or Seen() for size in sizes)))


def _row(name: str, small: Seen, large: Seen) -> str:
    pages = [sum(seen.pages) for seen in (small, large)]
    return (
        f"| {name} | {len(large.pages)} | {pages[0]:,} | {pages[1]:,} "
        f"| {pages[1] / max(pages[0], 1):.2f} "
        f"| {statistics.median(large.milliseconds or [0]):.2f} | {large.removed} "
        f"| {', '.join(sorted(large.reads))} |"
    )


def _watch(url: str) -> dict[str, Seen]:
    seen: dict[str, Seen] = defaultdict(Seen)
    with drains.opened(url, partial(listen, seen)) as site:
        database = site.runtime.database
        _write_as_known(database)
        site.converse(_MESSAGES, [])
        site.dispatch(_MESSAGES, [])
        call_back(database)
        while merging.merge_waiting(database, lambda _code: False):
            pass
        for _ in range(3):
            _sweep(database)
    return seen


def _write_as_known(database: Database) -> None:
    """Contacts of the history write again."""
    with database.write() as connection:
        lanes = text("SELECT key FROM contact WHERE phone IS NOT NULL ORDER BY md5(key) LIMIT 600")
        keys = list(connection.execute(lanes).scalars())
        now = database.now(connection)
    for key in keys:
        # Their numbers begin where those of any earlier run ended.
        messages = [bulk_load.inbound(key, int(now.timestamp() * 1000) + n) for n in range(5)]
        entries = [inbox.entry(message, {}) | {"received_at": now} for message in messages]
        with database.write() as connection:
            inbox.append(connection, entries)


def call_back(database: Database) -> None:
    """Tell that the last messages sent were read."""
    with database.write() as connection:
        sent = text(
            "SELECT provider_id FROM message WHERE attempts > 0 AND provider_id IS NOT NULL "
            "ORDER BY id DESC LIMIT 600"
        )
        rows = [
            status_callbacks.row(StatusCallback("simulator", "simulator", provider_id, "read"), {})
            for provider_id in connection.execute(sent).scalars()
        ]
        now = database.now(connection)
        status_callbacks.append(connection, [row | {"received_at": now} for row in rows])


def _sweep(database: Database) -> None:
    sweep.wake_for_waiting_work(database, lambda _pool: None)
    sweep.reconsider_callbacks(database)
    sweep.move_due_timers(database)
    sweep.fold_tallies(database)
    sweep.park_floods(database, 1000)
    sweep.prune(database, timedelta(days=30))


def listen(seen: dict[str, Seen], database: Database) -> None:
    """Note in `seen` whatever statement of the pipeline runs, by verb and query; needs a superuser.

    Only connections that are made from now on tell.
    """
    names: dict[str, str] = {}

    def note(diagnostic: Any) -> None:
        # A plan comes when its portal is closed, which may be after the next statement has begun.
        head, _, answer = (diagnostic.message_primary or "").partition("plan:\n")
        if answer:
            plan = json.loads(answer)
            if name := names.get(_PARAMETER.sub("?", plan["Query Text"])):
                _note(seen[name], float(head.split()[1]), plan["Plan"])

    @event.listens_for(database.engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.add_notice_handler(note)
        for setting in _SETTINGS:
            connection.execute(setting)
        connection.commit()

    @event.listens_for(database.engine, "before_cursor_execute")
    def name(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        names[_PARAMETER.sub("?", statement.replace("%%", "%"))] = _name()


def _note(seen: Seen, milliseconds: float, plan: dict[str, Any]) -> None:
    seen.milliseconds.append(milliseconds)
    seen.pages.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
    for node in _nodes(plan):
        if "Relation Name" in node or "Index Name" in node:
            kind = node["Node Type"]
            where = node.get("Index Name") or f"{kind} of {node['Relation Name']}"
            if kind != "ModifyTable":
                seen.reads.add(where)
        for reason in ("Rows Removed by Filter", "Rows Removed by Index Recheck"):
            seen.removed = max(seen.removed, node.get(reason, 0) * node["Actual Loops"])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _name() -> str:
    """The verb and the query that runs: "converse/claim: inbox.file_new"; "" for our own."""
    frame = inspect.currentframe()
    query = verb = ""
    while frame:
        _, _, path = frame.f_code.co_filename.rpartition("/pipeline/")
        module = path.rpartition("/")[2].removesuffix(".py")
        if path.startswith("records/") and module not in {"bulk", "base"}:
            query = query or f"{module}.{frame.f_code.co_name}"
        elif path.startswith(_VERBS):
            verb = verb or path.removesuffix(".py")
        frame = frame.f_back
    return f"{verb}: {query}" if verb and query else ""
