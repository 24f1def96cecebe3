"""The table of what is asked when. Due work is a question to our own tables, never a stored job.

Each beat may be asked by any number of processes at any time: what it does it claims in the
ledger, in the transaction of its effect.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.domain.errors import NoCommunity
from bot.ports import Log, Noted

Id = TypeVar("Id", bound=str)


@dataclass(frozen=True, slots=True)
class Beat:
    """Something to be asked at every tick, under a name for the log."""

    name: str
    ask: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Each(Generic[Id]):
    """The same for everything (a community, a poll) that waits for it, each by itself."""

    name: str
    waiting: Callable[[], Awaitable[Sequence[Id]]]
    ask: Callable[[Id], Awaitable[None]]


class Heartbeat:
    def __init__(self, beats: Sequence[Beat | Each[Any]], log: Log) -> None:
        self._beats, self._log = beats, log

    async def tick(self) -> None:
        """Ask every beat in order. One that fails stops neither the others nor, where it failed
        for one community or poll, the others."""
        for beat in self._beats:
            if isinstance(beat, Each):
                for id in await self._waiting(beat):
                    await self._guarded(beat.name, beat.ask(id))
            else:
                await self._guarded(beat.name, beat.ask())

    async def _waiting(self, beat: Each[Id]) -> Sequence[Id]:
        found: list[Id] = []

        async def ask() -> None:
            found.extend(await beat.waiting())

        await self._guarded(beat.name, ask())
        return found

    async def _guarded(self, name: str, asked: Awaitable[None]) -> None:
        try:
            await asked
        except NoCommunity:  # forgotten since it was listed
            return
        except Exception as bug:
            self._log.note(Noted.BUG, kind=type(bug).__name__, place=name)
