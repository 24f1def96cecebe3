"""The table of what is asked when. Due work is a question to our own tables, never a stored job.

Each beat may be asked by any number of processes at any time: what it does it claims in the
ledger, in the transaction of its effect.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.domain.communities import CommunityId
from bot.ports import Log, Noted


@dataclass(frozen=True, slots=True)
class Beat:
    """Something to be asked at every tick, under a name for the log."""

    name: str
    ask: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Each:
    """The same for every community that waits for it, each by itself."""

    name: str
    waiting: Callable[[], Awaitable[Sequence[CommunityId]]]
    ask: Callable[[CommunityId], Awaitable[None]]


class Heartbeat:
    def __init__(self, beats: Sequence[Beat | Each], log: Log) -> None:
        self._beats, self._log = beats, log

    async def tick(self) -> None:
        """Ask every beat in order. One that fails stops neither the others nor, where it failed
        for one community, the other communities."""
        for beat in self._beats:
            if isinstance(beat, Each):
                for id in await self._waiting(beat):
                    await self._guarded(beat.name, beat.ask(id))
            else:
                await self._guarded(beat.name, beat.ask())

    async def _waiting(self, beat: Each) -> Sequence[CommunityId]:
        found: list[CommunityId] = []

        async def ask() -> None:
            found.extend(await beat.waiting())

        await self._guarded(beat.name, ask())
        return found

    async def _guarded(self, name: str, asked: Awaitable[None]) -> None:
        try:
            await asked
        except Exception as bug:
            self._log.note(Noted.BUG, kind=type(bug).__name__, place=name)
