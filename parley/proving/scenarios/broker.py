"""The broker: killed, emptied, frozen, cut; rings lost, doubled, shuffled. None of it matters."""

from parley.proving.run import Run
from parley.proving.scenario import REDIS, Group
from parley.proving.traffic import numbered

scenario = Group("broker", [])


@scenario("F10 redis killed", kinds=(REDIS,), is_quick=True, is_core=True)
def redis_killed(run: Run) -> None:
    """Redis is killed and started again, keeping what it has written."""
    run.start()
    with run.traffic.meanwhile(numbered(run.people(20), 5), every_seconds=0.2):
        for _ in range(2):
            run.shelf.redis.kill()
            run.did("killed redis")
            run.shelf.redis.start()
