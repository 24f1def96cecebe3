"""A chat platform as the program runs it: a way to say things, and somebody who listens.

The sandbox is run by itself, with its moved clock; others stand beside it, or alone. All of them
knock at one door. Knows no platform.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Protocol

from bot.dispatch import Door
from bot.ports import Clock, OpenWork, Post, Vault
from bot.settings import CannotStart

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0

#: Told by a platform that cannot go on until somebody mends something: the program ends with it.
GiveUp = Callable[[CannotStart], None]


class Platform(Protocol):
    """One platform, with all of its accounts."""

    @property
    def post(self) -> Post:
        """How something is said there unasked; also before ``serve`` it may be asked."""

    def serve(self, door: Door, give_up: GiveUp) -> AbstractAsyncContextManager[None]:
        """Listens for as long as the block lasts; leaving it lets nothing new in, and ends what is
        under way. A platform that is away for a while is waited for, and ``post.connected`` says
        so. Raises CannotStart."""


class Away(Exception):
    """A call did not reach a platform. ``sent``: perhaps it heard us, and the answer never came."""

    def __init__(self, *, sent: bool) -> None:
        self.sent = sent
        super().__init__("away")


class Limited(Exception):
    """Too much at once: a call was not done. ``wait``: how long to."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__("limited")


#: Makes a platform for a clock, what opens the memory, and the vault whose keys it is sealed with.
Build = Callable[[Clock, OpenWork, Vault], Platform]


class Beside:
    """Platforms by their names, made once the memory is open."""

    def __init__(self, builds: Mapping[str, Build], clock: Clock) -> None:
        self._builds, self._clock = builds, clock
        self._built: dict[str, Platform] = {}

    def posts(self, open_work: OpenWork, vault: Vault) -> Mapping[str, Post]:
        """How something is said on each; they are made with it."""
        of = (self._clock, open_work, vault)
        self._built = {name: build(*of) for name, build in self._builds.items()}
        return {name: one.post for name, one in self._built.items()}

    @asynccontextmanager
    async def serving(self, door: Door, give_up: GiveUp) -> AsyncIterator[None]:
        """All of them listen, for as long as the block lasts. Raises CannotStart."""
        async with AsyncExitStack() as stack:
            for one in self._built.values():
                await stack.enter_async_context(one.serve(door, give_up))
            yield


async def supervised(door: Door, listen: Callable[[], Awaitable[None]]) -> None:
    """Listens until that ends well. A bug that ends it is noted, and it begins anew: after a pause, each
    twice as long as the one before, up to a minute; until it has gone well for longer than that.
    Raises CannotStart."""
    clock, pause = asyncio.get_running_loop().time, FIRST_PAUSE
    began = clock()
    while not await door.guarded(listen, CannotStart):
        if clock() - began > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        await asyncio.sleep(pause)
        pause, began = min(2 * pause, LONGEST_PAUSE), clock()
