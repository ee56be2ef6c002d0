"""Runs `async def` handlers on one event loop per worker thread, which all its turns share.

A new loop for each turn would cost more than most turns, and would close keep-alive connections
of handlers.
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
    """The result of `coroutine`, run in this thread."""
    if _per_thread.runner is None:
        _per_thread.runner = runner = asyncio.Runner()
        # The finalizer refers to the loop, not the runner, so it runs when the thread ends.
        weakref.finalize(runner, runner.get_loop().close)
    # Context variables that a middleware set (a language, say) are valid in the coroutine too.
    return _per_thread.runner.run(coroutine, context=copy_context())


def is_running() -> bool:
    """Whether this thread already runs a coroutine, so that `run` cannot be used."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
