"""Work that goes on after Discord was answered: kept by a reference, counted, and ended in the end."""

import asyncio
from collections.abc import Coroutine
from typing import Any

MOST = 100  #: under way at once; beyond it people are told to press again
ENDS_WITHIN = 4.0  #: seconds that what is under way has when the program stops


class Tasks:
    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._under_way: set[asyncio.Task[Any]] = set()

    @property
    def full(self) -> bool:
        return len(self._under_way) >= self.most

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def drain(self) -> None:
        """What is under way ends, or is ended."""
        if not self._under_way:
            return
        _, late = await asyncio.wait(set(self._under_way), timeout=ENDS_WITHIN)
        for one in late:
            one.cancel()
        await asyncio.gather(*late, return_exceptions=True)
