"""What is shredded when: cases at their slot, drafts after their half hour, keys without a row.

A key goes before its row: a crash in between leaves a row that nobody can open and that the next
round removes. A key without a row goes only when two looks a slot apart both found none, since
another process may stand between key and row.
"""

from datetime import datetime

from bot.ports import Clock, Keys, Log, Noted, OpenWork


class Retention:
    def __init__(self, open_work: OpenWork, keys: Keys, clock: Clock, log: Log) -> None:
        self._open_work, self._keys, self._clock, self._log = open_work, keys, clock, log

    async def shred_expired(self) -> None:
        """Shred every case whose time is over, and forget drafts that ran out."""
        now = self._clock.now()
        await self._keys.drop_drafts(now)
        async with self._open_work() as work:
            over = await work.cases.expired(now)
            await self._keys.destroy([case.key for case in over], now)
            for case in over:
                await work.cases.remove(case.id)

    async def look_for_strays(self, slot: datetime) -> None:
        """One look at the keys that no row was seen for; the second in a row destroys."""
        unsettled = await self._keys.unsettled()
        async with self._open_work() as work:
            waiting, released = await work.kept(unsettled)
        await self._keys.settle(released)  # a waiting case's key is looked at again: it changes
        kept = waiting | released
        strays = {id: missed for id, missed in unsettled.items() if id not in kept}
        await self._keys.missed([id for id, missed in strays.items() if missed is None], slot)
        twice = [id for id, missed in strays.items() if missed is not None and missed < slot]
        await self._keys.destroy(twice, slot)
        if twice:
            self._log.note(Noted.SHREDDED, kind="strays")
