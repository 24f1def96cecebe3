"""Work done by a child process that kills itself at a chosen point: before the n-th statement, commit or
file that is opened to write, renamed or taken away, or once it was sent and before any answer. Forked,
so that all is loaded already."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import Engine, event

Work = Callable[[], Coroutine[Any, Any, Any]]

_FILES = {"os.rename", "os.remove"}
_WRITES = os.O_WRONLY | os.O_RDWR


def deaths(work: Work, undo: Callable[[], None], few: int) -> Iterator[int]:
    """Killed at every point in turn, or at about ``few`` of them, the first and the last two among them;
    its number each time: odd before, even behind. ``undo`` comes before each."""
    undo()
    every = 2 * _counted(work)
    spread = {1 + round(n * (every - 1) / max(1, few - 1)) for n in range(few)}
    for at in sorted(spread | {every - 1}):
        undo()
        ended = _in_a_child(work, at)[0]
        assert os.WIFSIGNALED(ended), (at, every, ended)
        yield at


def _counted(work: Work) -> int:
    """How many points it has. Raises AssertionError where the work does not end well."""
    ended, count = _in_a_child(work, 0)
    assert ended == 0, ended
    return count


def _in_a_child(work: Work, at: int) -> tuple[int, int]:
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        try:
            count = _count_down(at)
            asyncio.run(work())
            os.write(writes, count().to_bytes(4, "big"))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writes)
    _, status = os.waitpid(child, 0)
    told = os.read(reads, 4)
    os.close(reads)
    return status, int.from_bytes(told, "big")


def _count_down(at: int) -> Callable[[], int]:
    """Gives how many there were so far."""
    done = 0

    def point(*_: Any) -> None:
        nonlocal done
        done += 1
        if at and done == (at + 1) // 2:
            _die(sent=at % 2 == 0)

    def heard(what: str, given: tuple[Any, ...]) -> None:
        written = what == "open" and isinstance(given[2], int) and given[2] & _WRITES
        if what in _FILES or written:
            point()

    event.listen(Engine, "before_cursor_execute", point)
    event.listen(Engine, "commit", point)
    _listen_beside(point)
    sys.addaudithook(heard)
    return lambda: done


def _listen_beside(point: Callable[[], None]) -> None:
    """What is said to PostgreSQL and not by SQLAlchemy."""
    executes = asyncpg.Connection.execute

    def told(*given: Any, **more: Any) -> Any:
        point()
        return executes(*given, **more)

    asyncpg.Connection.execute = told


def _die(*, sent: bool) -> None:
    """``sent``: what goes now still goes, and its answer is not read."""
    kill = partial(os.kill, os.getpid(), signal.SIGKILL)
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # in a thread
        sent = False
    if sent:
        loop.call_soon(kill)
    else:
        kill()
