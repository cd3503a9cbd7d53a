"""One event loop and one parser process for all passes that a test process makes.

A pass is a process of its own in real life; to start a parser for each took more than half the time
of the tests that make hundreds of them.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, TypeVar

from pipeline.isolate import ParserPool

Result = TypeVar("Result")

_runner: asyncio.Runner | None = None
_pool: ParserPool | None = None


def run(work: Callable[[ParserPool], Coroutine[Any, Any, Result]]) -> Result:
    """Do asynchronous work with a parser that is warm already."""
    global _runner, _pool
    if _runner is None:
        _runner = asyncio.Runner()
        _pool = ParserPool(workers=1)
    assert _pool is not None
    return _runner.run(work(_pool), context=copy_context())


def cool() -> None:
    """End the parser and its loop, if there are any."""
    global _runner, _pool
    if _runner is not None and _pool is not None:
        _runner.run(_pool.close())
        _runner.close()
    _runner = _pool = None
