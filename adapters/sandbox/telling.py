"""How far the story has been told: whoever wants to act waits for its end, and may watch meanwhile.

Knows numbers alone. With nothing to tell it is over from the beginning.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from bot.platforms import GiveUp
from bot.ports import Log, Noted
from bot.starting import CannotStart

Watch = Callable[[int, int], None]  #: how many weeks are told, of how many


def _nobody(told: int, of: int) -> None:
    """Nobody watches."""


class Telling:
    """``weeks``: how many there are to tell; 0 for none."""

    def __init__(self, weeks: int = 0, watch: Watch = _nobody) -> None:
        self.told, self.weeks, self._watch = 0, weeks, watch
        self._over = asyncio.Event()
        if not weeks:
            self.end()

    def week(self, number: int) -> None:
        """So many weeks are told by now."""
        self.told = number
        self._watch(number, self.weeks)

    def end(self) -> None:
        """The town is as somebody may find it."""
        self._over.set()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    async def over(self) -> None:
        """Wait until the town may be acted in."""
        await self._over.wait()


@asynccontextmanager
async def meanwhile(
    story: Coroutine[Any, Any, None], give_up: GiveUp, log: Log
) -> AsyncIterator[None]:
    """Tells it beside the block, and ends with it at the latest. Where it fails, that is a bug of
    ours: the program gives up, since a town half told is none."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (bug := task.exception()):
            log.note(Noted.BUG, kind=type(bug).__name__, place="story")
            give_up(CannotStart("The story could not be told: start with --empty, and report it."))

    task = asyncio.create_task(story)
    task.add_done_callback(ended)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
