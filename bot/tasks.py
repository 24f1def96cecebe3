"""What people do on a platform that waits three seconds: kept by a reference, counted, and ended in
the end.

Knows when there is too much of it. Then people are told to press again, which is answered at once:
what is taken on is answered in time, however slow the machine is.
"""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from typing import Any

MOST = 100  #: acts under way at once
BEHIND = 0.5  #: seconds that whatever could go on may wait for its turn; platforms wait three
LOOKS = 0.05  #: seconds between two looks at how long that is
ENDS_WITHIN = 4.0  #: seconds that what is under way has when the program stops


#: When what is done here came in, by the loop's clock.
_ARRIVED: ContextVar[float] = ContextVar("arrived")


class Tasks:
    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._under_way: set[asyncio.Task[Any]] = set()
        self._acts = 0
        self._late, self._looks_at = 0.0, float("inf")
        self._ends_at = float("inf")  #: from when the program stops: when all is over

    @property
    def full(self) -> bool:
        stopping = self._ends_at < float("inf")
        return stopping or self._acts >= self.most or self.waited > BEHIND

    @staticmethod
    def arrives() -> None:
        """Something came in just now; for whatever goes on from here."""
        _ARRIVED.set(asyncio.get_running_loop().time())

    @property
    def waited(self) -> float:
        """Seconds that what is done here has waited since it came in, or that we are behind."""
        now = asyncio.get_running_loop().time()
        return max(self.behind, now - _ARRIVED.get(now))

    @property
    def behind(self) -> float:
        """Seconds that what could go on waited for its turn lately, or waits by now."""
        return max(self._late, asyncio.get_running_loop().time() - self._looks_at)

    async def watch(self) -> None:
        """Look how far behind we are, until cancelled."""
        clock = asyncio.get_running_loop().time
        try:
            while True:
                self._looks_at = clock() + LOOKS
                await asyncio.sleep(LOOKS)
                self._late = clock() - self._looks_at
        finally:
            self._late, self._looks_at = 0.0, float("inf")

    def start(self, work: Coroutine[Any, Any, Any], *, act: bool = True) -> asyncio.Task[Any]:
        """``act``: whether somebody did something; a payload that is merely being read is none."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        if act:
            self._acts += 1
            task.add_done_callback(self._ended)
        return task

    def _ended(self, _: asyncio.Task[Any]) -> None:
        self._acts -= 1

    async def close(self) -> None:
        """Nothing new is taken on any more, and what is under way is drained: within the same time,
        however often this is asked for."""
        clock = asyncio.get_running_loop().time
        self._ends_at = min(self._ends_at, clock() + ENDS_WITHIN)
        await self.drain()

    async def drain(self) -> None:
        """What is under way, and whatever comes of it, ends, or is ended."""
        clock = asyncio.get_running_loop().time
        ends_at = min(self._ends_at, clock() + ENDS_WITHIN)
        while self._under_way and (left := ends_at - clock()) > 0:
            await asyncio.wait(set(self._under_way), timeout=left)
        late = set(self._under_way)
        for one in late:
            one.cancel()
        await asyncio.gather(*late, return_exceptions=True)
