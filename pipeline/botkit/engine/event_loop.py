"""Runs `async def` handlers on one event loop per worker thread, kept from turn to turn.

A loop of its own for each turn would cost more than most turns, and would close the handlers'
keep-alive connections.
"""

import asyncio
import threading
import weakref
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any


class _PerThread(threading.local):
    runner: asyncio.Runner | None = None


_per_thread = _PerThread()


def run(coroutine: Coroutine[Any, Any, object]) -> object:
    """What `coroutine` returns, run to its end in this thread."""
    if _per_thread.runner is None:
        _per_thread.runner = runner = asyncio.Runner()
        # It holds the loop, not the runner, so it closes the loop when the thread ends.
        weakref.finalize(runner, runner.get_loop().close)
    # What a middleware set for this turn (a language, say) holds in the coroutine too.
    return _per_thread.runner.run(coroutine, context=copy_context())


def is_running() -> bool:
    """Whether this thread is inside a coroutine already, so that `run` cannot be used."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
