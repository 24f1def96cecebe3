"""Status: what was given up, comes late or was missed, as counts; and what can be reached.

Counts alone, of the clock's work and of what is said to staff: no figure tells who, which case, or
whether a worker did anything.
"""

from collections.abc import Mapping
from datetime import timedelta

from bot.domain.errors import CannotSave
from bot.ports import Clock, Fate, Figure, Health, Keys, OpenWork

LATE = timedelta(minutes=5)  #: what is overdue by more
MISSED = timedelta(days=1)  #: how long what was missed is shown
SEEN = timedelta(days=30)  #: how long what was given up is


class Status:
    def __init__(self, open_work: OpenWork, keys: Keys, clock: Clock) -> None:
        self._open_work, self._keys, self._clock = open_work, keys, clock

    async def figures(self) -> dict[Figure, int]:
        """All that somebody should look at; 0 of each when all is well."""
        now = self._clock.now()
        async with self._open_work() as work:
            counts = await work.outbox.counts()
            before = now - LATE
            slots = await work.communities.due(before)
            watches = await work.communities.watched(before)
            # A community is late or not: how many of its cases are is not told.
            looks = await work.cases.looked_for(before)
            late = len({*slots, *watches, *looks}) + await work.outbox.late(before)
            missed = await work.ledger.missed(now - MISSED)
        return {
            Figure.PARKED: counts[Fate.PARKED],
            Figure.IN_DOUBT: counts[Fate.IN_DOUBT],
            Figure.LATE: late,
            Figure.MISSED: missed,
            Figure.UNREACHABLE: counts[Fate.UNREACHABLE],
        }

    async def health(self, platforms: Mapping[str, bool]) -> Health:
        """What can be reached, and the figures where the database can."""
        try:
            figures = await self.figures()
        except CannotSave:
            figures = None
        return Health(figures is not None, await self._keys_answer(), platforms, figures)

    async def _keys_answer(self) -> bool:
        try:
            await self._keys.destroyed([])
        except CannotSave:
            return False
        return True

    async def forget(self) -> None:
        """What was given up is seen for a month, then it goes."""
        async with self._open_work() as work:
            await work.outbox.forget(self._clock.now() - SEEN)
