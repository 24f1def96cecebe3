"""A town's time and its ids, and waiting until something is so in it."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

EPOCH = 1420070400000


class Moments:
    def __init__(self) -> None:
        self._ahead, self._last = 0.0, 0
        self._waiting: set[asyncio.Event] = set()

    def now(self) -> float:
        return time.time() + self._ahead

    def later(self, seconds: float) -> None:
        """Move the town's clock on."""
        self._ahead += seconds

    def snowflake(self) -> str:
        """An id that nothing else has, later than all before it."""
        self._last = max(int(self.now() * 1000) - EPOCH << 22, self._last + 1)
        return str(self._last)

    def changed(self) -> None:
        for event in self._waiting:
            event.set()

    async def until(self, so: Callable[[], Any], within: float = 5.0) -> Any:
        """Wait until something is so in the town; gives it."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(within):
                while not (found := so()):
                    await event.wait()
                    event.clear()
                return found
        finally:
            self._waiting.discard(event)
