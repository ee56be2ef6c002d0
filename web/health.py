"""Health checks: /healthz for this process, /readyz for everything it depends on.

/readyz fails only if webhooks cannot be stored: receivers must stay in the load balancer while
broker or workers are down.
"""

from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import SchemaError
from pipeline.queries import queues
from pipeline.records import schema
from web.front_door import CHALLENGE, PROOF, proof
from web.services import Site, here

health = Blueprint("health", __name__)

Check = Mapping[str, object]
NEEDED_POOLS = ("converse", "dispatch")


@health.get("/healthz")
def healthz() -> Response:
    """The process is up."""
    answer = Response("ok\n", content_type="text/plain; charset=utf-8")
    if challenge := request.headers.get(CHALLENGE):
        key = here().runtime.settings.secret_key.get_secret_value()
        answer.headers[PROOF] = proof(key, challenge)
    return answer


@health.get("/readyz")
def readyz() -> tuple[Response, int]:
    """The status of each dependency: ok, degraded or failed."""
    checks = dependencies(here())
    found = {check["status"] for check in checks.values()}
    overall = next((word for word in ("failed", "degraded") if word in found), "ok")
    return jsonify(status=overall, **checks), 503 if overall == "failed" else 200


def dependencies(site: Site) -> dict[str, Check]:
    """One check for each thing this process depends on."""
    runtime = site.runtime
    broker = site.broker.problem()
    return {
        **_database(site),
        "broker": _check("degraded", broker),
        "provider": {"status": "ok", "name": runtime.provider.name},
        "bot": {
            "status": "ok",
            "name": runtime.bot.name,
            "version": runtime.bot.version,
            "states": len(runtime.bot.states),
        },
    }


def _database(site: Site) -> dict[str, Check]:
    database = site.runtime.database
    unknown = {"status": "degraded", "detail": "unknown while the database is not ready"}
    try:
        with database.read() as connection:
            now = database.now(connection)
            schema.check(connection)
            alive = queues.workers(connection, now)
    except SchemaError as error:
        wrong = {"status": "failed", "detail": str(error)}
        return {"database": {"status": "ok"}, "schema": wrong, "workers": unknown}
    except SQLAlchemyError as error:
        wrong = {"status": "failed", "detail": f"no answer ({type(error).__name__})"}
        return {"database": wrong, "schema": unknown, "workers": unknown}
    missing = [pool for pool in NEEDED_POOLS if not alive.get(pool)]
    problem = f"no {' or '.join(missing)} worker seen in the last 15 s" if missing else ""
    workers = {**_check("degraded", problem), "alive": dict(alive)}
    return {"database": {"status": "ok"}, "schema": {"status": "ok"}, "workers": workers}


def _check(otherwise: str, problem: str) -> Check:
    return {"status": otherwise, "detail": problem} if problem else {"status": "ok"}
