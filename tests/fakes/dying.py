"""Work done by a child process that kills itself at a chosen point: the n-th statement or commit, or
file that is opened to write, renamed or taken away. Forked, so that all is loaded already."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from sqlalchemy import Engine, event

Work = Callable[[], Coroutine[Any, Any, Any]]

_FILES = {"os.rename", "os.remove"}
_WRITES = os.O_WRONLY | os.O_RDWR


def deaths(work: Work, undo: Callable[[], None], few: int) -> Iterator[int]:
    """Killed at every point in turn, or at about ``few`` of them, the first and the last among them; its
    number each time. ``undo`` comes before each."""
    undo()
    every = _counted(work)
    for at in sorted({1 + round(n * (every - 1) / max(1, few - 1)) for n in range(few)}):
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
        if done == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(what: str, given: tuple[Any, ...]) -> None:
        written = what == "open" and isinstance(given[2], int) and given[2] & _WRITES
        if what in _FILES or written:
            point()

    event.listen(Engine, "before_cursor_execute", point)
    event.listen(Engine, "commit", point)
    sys.addaudithook(heard)
    return lambda: done
