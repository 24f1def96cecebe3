"""What is shredded when: cases at their slot, drafts after their half hour, keys without a row.

A key goes before its row: a crash in between leaves a row that nobody can open and that the next
round removes. A key without a row goes only when two looks a slot apart both found none, since
another process may stand between key and row.
"""

from datetime import datetime, timedelta

from bot.domain.communities import CommunityId
from bot.ports import Clock, Keys, Log, Noted, OpenWork, Work

LOOKS_APART = timedelta(hours=23)  #: a slot's distance, whichever communities the two were of


class Retention:
    def __init__(self, open_work: OpenWork, keys: Keys, clock: Clock, log: Log) -> None:
        self._open_work, self._keys, self._clock, self._log = open_work, keys, clock, log

    async def forget_drafts(self) -> None:
        """Forget drafts that ran out."""
        await self._keys.drop_drafts(self._clock.now())

    async def shred_expired(self, work: Work, community: CommunityId, slot: datetime) -> None:
        """Shred every case whose time is over at ``slot``, in that slot's own transaction: after
        what crosses then, which may have given a case new life."""
        over = await work.cases.expired(community, slot)
        await self._keys.destroy([case.key for case in over], slot)
        for case in over:
            await work.cases.remove(case.id)

    async def look_for_strays(self, slot: datetime) -> None:
        """One look at the keys that no row was seen for; the second in a row destroys."""
        unsettled = await self._keys.unsettled()
        if not unsettled:
            return
        names = {name for id, (waiting, _) in unsettled.items() for name in (id, waiting)}
        async with self._open_work() as work:
            kept = await work.kept(names)
        seen = {id for id, (waiting, _) in unsettled.items() if kept & {id, waiting}}
        await self._keys.settle(seen)
        strays = {id: missed for id, (_, missed) in unsettled.items() if id not in seen}
        await self._keys.missed([id for id, missed in strays.items() if missed is None], slot)
        twice = [id for id, missed in strays.items() if missed and slot - missed >= LOOKS_APART]
        await self._keys.destroy(twice, slot)
        if twice:
            self._log.note(Noted.SHREDDED, kind="strays")
