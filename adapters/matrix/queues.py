"""What came in one answer of the homeserver, room by room: in order in each, no room behind another.

``done`` is told a token once everything that came up to it was handled, and all before it, so that
whoever begins again there misses nothing. Knows nothing of Matrix.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 64  #: answers that may be under way before we ask for more


@dataclass(slots=True)
class _Batch:
    token: str
    open: int


class Queues(Generic[T]):
    def __init__(
        self,
        group: asyncio.TaskGroup,
        handle: Callable[[T], Awaitable[None]],
        done: Callable[[str], Awaitable[None]],
    ) -> None:
        self._group, self._handle, self._done = group, handle, done
        self._batches: deque[_Batch] = deque()
        self._rooms: dict[str, deque[tuple[_Batch, T]]] = {}
        self._fewer = asyncio.Event()
        self._turn = asyncio.Lock()

    @property
    def idle(self) -> bool:
        """Whether all that came was handled, and ``done`` is told so or about to be."""
        return not self._batches

    async def put(self, token: str, parts: Sequence[tuple[str, T]]) -> None:
        """One answer: what each room is to handle. Waits while too many are under way."""
        while len(self._batches) >= MOST:
            self._fewer.clear()
            await self._fewer.wait()
        batch = _Batch(token, len(parts))
        self._batches.append(batch)
        for room, part in parts:
            if room not in self._rooms:
                self._rooms[room] = deque()
                self._group.create_task(self._in_order(room))
            self._rooms[room].append((batch, part))
        if not parts:
            await self._tell()

    async def _in_order(self, room: str) -> None:
        """Until nothing waits in this room."""
        waiting = self._rooms[room]
        while waiting:
            batch, part = waiting.popleft()
            await self._handle(part)
            batch.open -= 1
            await self._tell()
        del self._rooms[room]

    async def _tell(self) -> None:
        async with self._turn:  # tokens are told in their order
            token = ""
            while self._batches and not self._batches[0].open:
                token = self._batches.popleft().token
            if token:
                self._fewer.set()
                await self._done(token)
