"""SQLite without a thread beside it: a statement is done at once, where it was asked for.

To wake a thread and be woken by it costs several times what most statements do, and a world asks
hundreds of thousands of them. Others who wait still get their turn between two statements. That
the thread is used well is tested in ``tests/contract/``, and every real program in the tests has it.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiosqlite

from storage import trips


@contextmanager
def at_once() -> Iterator[None]:
    """In this process, for as long as the block lasts."""
    before, put = aiosqlite.Connection._execute, trips.Connection._put
    aiosqlite.Connection._execute = _at_once  # type: ignore[method-assign]  # undone below
    trips.Connection._put = _do  # type: ignore[method-assign]  # likewise
    try:
        yield
    finally:
        aiosqlite.Connection._execute = before  # type: ignore[method-assign]  # as it was
        trips.Connection._put = put  # type: ignore[method-assign]  # likewise


async def _at_once(connection: Any, do: Callable[..., Any], *words: Any, **more: Any) -> Any:
    done = do(*words, **more)
    await asyncio.sleep(0)
    return done


def _do(connection: trips.Connection, do: Callable[[], None]) -> None:
    do()
