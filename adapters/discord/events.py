"""What happens on Discord besides what people ask for: a server lets us in, or puts us out. Done one
after the other, however many servers there are when we come.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from adapters.discord.incoming import PLATFORM
from adapters.discord.wire import Refusal, Wire
from bot.dispatch import Door
from bot.domain.errors import CannotSave
from bot.platforms import Away, Limited

AGAIN = 2.0  #: seconds until what could not be done is tried once more


class Events:
    def __init__(self, door: Door, wire: Wire, guilds: tuple[str, ...]) -> None:
        """``guilds``: the only ones that are served, none for all."""
        self._door, self._wire, self._guilds = door, wire, guilds
        self._waiting: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()

    def joined(self, guild: str) -> None:
        """It let us in, or lets us in still. One that is not to be served is left."""
        if self._guilds and guild not in self._guilds:
            self._waiting.put_nowait(partial(self._leave, guild))
        else:
            self._waiting.put_nowait(partial(self._door.places.returned, PLATFORM, guild))

    def left(self, guild: str) -> None:
        """The community stays, and its moderators are told elsewhere."""
        self._waiting.put_nowait(partial(self._door.places.lost, PLATFORM, guild))

    async def run(self) -> None:
        """What cannot be done just now is done before anything that came after it."""
        while True:
            do = await self._waiting.get()
            while True:
                if await self._done(do):
                    break
                await asyncio.sleep(AGAIN)

    async def _done(self, do: Callable[[], Awaitable[None]]) -> bool:
        """Also what will never be is over."""
        try:
            with suppress(Refusal):
                await self._door.guarded(do, Away, Limited, Refusal, CannotSave)
        except (Away, Limited, CannotSave):
            return False
        return True

    async def _leave(self, guild: str) -> None:
        await self._wire.call("DELETE", "/users/@me/guilds/{guild_id}", guild_id=guild)
