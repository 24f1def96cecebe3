"""The answer to one interaction, from one place: given once, and changed as often as needed.

Discord takes the first within three seconds, and no second one. What breaks off is tried once more: it
may have been heard, and then Discord says so. Where it says so and nothing of ours broke off, another
process has the same shard, as while one takes the other's place: then its answer stands, for ours would
come over whatever its person has gone on to.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from adapters.discord.components import Json
from adapters.discord.incoming import Incoming
from adapters.discord.render import EPHEMERAL, Shown
from adapters.discord.wire import ACKNOWLEDGED, Refusal, Wire
from bot.platforms import Away, Limited

SAY, SAY_LATER, CHANGE_LATER, CHANGE, MODAL = 4, 5, 6, 7, 9
LONGEST_WAIT = 2.0  #: seconds that an answer waits where Discord wants it to


class Answer:
    """All of it raises Away, Limited, Refusal. ``begun``: whether there is a first answer."""

    def __init__(self, wire: Wire, come: Incoming) -> None:
        self._wire, self._come = wire, come
        self.begun = self._perhaps = self._another_s = False

    async def later(self) -> None:
        """That an answer comes."""
        if self._come.whisper:
            await self._first(CHANGE_LATER, Shown({}))
        else:
            await self._first(SAY_LATER, Shown({"flags": EPHEMERAL}))

    async def modal(self, shown: Json) -> None:
        await self._first(MODAL, Shown(shown))

    async def say(self, shown: Shown) -> None:
        """To its person alone: in the place of the whisper that it was done on, if it was."""
        body = shown.body | {"flags": shown.body["flags"] & ~EPHEMERAL}
        other = Shown(body, shown.picture)  # what is changed stays as secret as it was
        if not self.begun:
            first = (CHANGE, other) if self._come.whisper else (SAY, shown)
            if await self._first(*first):
                return
        if not self._another_s:
            change = partial(self._wire.change, self._come.application, self._come.token, other)
            await self._twice(change)

    async def _first(self, kind: int, shown: Shown) -> bool:
        """Whether it was this one, and none that was there before it."""
        of = (self._come.interaction, self._come.token, kind, shown)
        try:
            await self._twice(partial(self._wire.answer, *of))
        except Refusal as no:
            if no.code != ACKNOWLEDGED:
                raise
            self.begun, self._another_s = True, not self._perhaps
            return False
        self.begun = True
        return True

    async def _twice(self, do: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._once(do)
        except Limited as much:
            await asyncio.sleep(min(much.wait.total_seconds(), LONGEST_WAIT))
            await self._once(do)
        except Away:
            await self._once(do)

    async def _once(self, do: Callable[[], Awaitable[None]]) -> None:
        try:
            await do()
        except Away:
            self._perhaps = True
            raise
