"""Forgetting a community: its keys go, then all its rows, in one transaction that holds it alone.

Keys go first: whoever is killed in between leaves rows that nobody can open, and forgetting it
again takes them. What other processes do for it at that moment is done before, or refused.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from bot.domain.communities import CommunityId
from bot.ports import Clock, Keys, OpenWork, Work

AT_ONCE = 200  #: keys, between two words of progress

#: Told what is being destroyed, how much of it has gone, and of how much.
Progress = Callable[[str, int, int], None]

#: Whether it is to be forgotten still, asked while nobody else changes it.
Still = Callable[[Work], Awaitable[bool]]


class Forgetting:
    def __init__(self, open_work: OpenWork, keys: Keys, clock: Clock) -> None:
        self._open_work, self._keys, self._clock = open_work, keys, clock

    async def forget(
        self, id: CommunityId, told: Progress, still: Still | None = None
    ) -> Mapping[str, int]:
        """Destroy all keys and rows of a community; how many rows, by table. Raises NoCommunity:
        somebody has."""
        now = self._clock.now()
        async with self._open_work() as work:
            await work.communities.hold(id, alone=True)
            if still and not await still(work):
                return {}
            names = await work.belongings.stopped(id)
            done, every = 0, len(names.cases) + len(names.polls) + 1
            for some in _in_batches(names.cases):
                await self._keys.destroy(some, now)
                told("keys", done := done + len(some), every)
            for some in _in_batches(names.polls):
                await self._keys.destroy_polls(some)
                told("keys", done := done + len(some), every)
            await self._keys.destroy_community(id, now)
            told("keys", every, every)
            return await work.belongings.remove(id)


def _in_batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE))
