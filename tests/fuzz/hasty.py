"""An event loop on which nobody waits: where nothing can go on by itself, the next moment that anything
waits for has come. And a bound on what one input may take, in true seconds.
"""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

BOUND = (
    10.0  #: seconds for one input, on a machine that does other things, too; most take a hundredth
)


class Hangs(BaseException):
    """It was not done in time. No ``except Exception`` may take it for its own."""


class Hasty(asyncio.SelectorEventLoop):
    """For what asks no socket and no thread."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0

    def time(self) -> float:
        return super().time() + self._ahead

    def _run_once(self) -> None:
        scheduled: Any = self._scheduled  # type: ignore[attr-defined]  # as asyncio calls it
        if scheduled and not self._ready:  # type: ignore[attr-defined]  # likewise
            self._ahead += max(0.0, scheduled[0]._when - self.time())
        super()._run_once()  # type: ignore[misc]  # likewise


@contextmanager
def bounded(seconds: float = BOUND) -> Iterator[None]:
    """Raises Hangs where the block takes longer, whatever it waits for or counts."""

    def too_long(_: int, __: FrameType | None) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


async def settled(before: set["asyncio.Task[Any]"]) -> None:
    """Once all that was begun since ``before`` is over."""
    while left := asyncio.all_tasks() - before - {asyncio.current_task()}:
        await asyncio.wait(left)


def at_once(run: Coroutine[Any, Any, Any]) -> Any:
    """What comes of something that waits for nothing."""
    try:
        run.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits for something")
