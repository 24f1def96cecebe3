"""Climbing: what the clock does to cases, each deed once and as of its own moment.

A case that was due while no process ran climbs through every step it missed, in order. Its row is
held, the entry written, people told and the next look set in one transaction: whoever holds the
row has the deed, and afterwards it is no longer due.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.cases import Case, Why, for_staff
from bot.domain.cases.escalation import (
    LAW_FEEDBACK,
    RETURN_AFTER,
    Deed,
    next_deeds,
    people_of,
    readers_now,
    step_entry,
    told,
    why_of,
)
from bot.domain.communities import Community, CommunityId
from bot.ports import BadSeal, CaseRow, Clock, Key, Log, Noted, Notice, OpenWork, Work
from bot.services.cases.telling import Telling
from bot.services.communities import Communities
from bot.services.notices import Notices
from bot.services.privacy.sealing import CaseFiles, dates

AT_ONCE = 100  #: cases in one transaction
TRY_AGAIN = timedelta(hours=1)
_BEFORE = timedelta(seconds=1)  #: moments are kept in whole seconds


class Climbing:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        files: CaseFiles,
        notices: Notices,
        clock: Clock,
        log: Log,
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._files, self._notices, self._clock, self._log = files, notices, clock, log

    async def waiting(self) -> list[CommunityId]:
        """Communities with a case whose deadline or reminder has come."""
        async with self._open_work() as work:
            return await work.cases.looked_for(self._clock.now())

    async def due(self, id: CommunityId) -> None:
        """Let every deadline and reminder that has come happen in a community."""
        now = self._clock.now()
        while await self._some(id, now):
            pass

    async def upto(self, work: Work, community: Community, moment: datetime) -> bool:
        """Whatever was due at or before ``moment``, inside somebody's transaction.

        At most ``AT_ONCE`` cases; whether there were any.
        """
        rows = await work.cases.to_look_at(community.id, moment, AT_ONCE)
        keys = await self._files.open_keys(row.key for row in rows)
        telling = Telling()
        for row in rows:
            await self._look(work, community, row, keys.get(row.key), moment, telling)
        await telling.say(work, community, self._notices)
        return bool(rows)

    async def step(
        self,
        work: Work,
        community: Community,
        case: Case,
        key: Key,
        to: tuple[datetime, int, Why],
        telling: Telling,
    ) -> Case:
        """The case comes to stand at a step: ``to`` is (moment, the first step looked at, why)."""
        at, first, why = to
        entry, stand = step_entry(case, community, at, first, why, self._files.new_id())
        await work.cases.add_entry(self._files.entry_row(case, entry, key))
        case = replace(case, entries=(*case.entries, entry))
        await work.cases.set_dates(case.id, dates(case, community, at))
        notice = Notice.CASE_WAITS if stand.due else Notice.CASE_NOBODY
        telling.add(case, stand.people, notice, stand.due)
        return case

    async def _some(self, id: CommunityId, now: datetime) -> bool:
        """As far as the next slot: what crosses there comes before what is due from then on."""
        async with self._open_work() as work:
            await work.communities.hold(id, alone=True)
            slot = await work.communities.next_slot_of(id)
            community = await self._communities.load(work, id)
            return await self.upto(work, community, min(now, slot - _BEFORE) if slot else now)

    async def _look(
        self,
        work: Work,
        community: Community,
        row: CaseRow,
        key: Key | None,
        upto: datetime,
        telling: Telling,
    ) -> None:
        """All that is due in one case by then, one after another; one that cannot be opened (its
        key is gone, or its row was changed) is looked at again later."""
        try:
            case, key = await self._open(work, row, key)
        except BadSeal as bad:
            self._log.note(Noted.WARNED, kind=type(bad).__name__, place=str(bad))
            await work.cases.set_dates(row.id, replace(row.dates, look=upto + TRY_AGAIN))
            return
        at = row.look or upto
        while (found := next_deeds(case, community, at - _BEFORE)) and found[0] <= upto:
            for deed in found[1]:
                case = await self._do(work, community, case, key, (found[0], deed), telling)
            at = found[0] + _BEFORE
        await work.cases.set_dates(case.id, dates(case, community, max(at - _BEFORE, upto)))

    async def _open(self, work: Work, row: CaseRow, key: Key | None) -> tuple[Case, Key]:
        if key is None:
            raise BadSeal("cases")
        return self._files.open_case(row, await work.cases.entries([row.id]), key), key

    async def _do(
        self,
        work: Work,
        community: Community,
        case: Case,
        key: Key,
        what: tuple[datetime, Deed],
        telling: Telling,
    ) -> Case:
        at, deed = what
        now = for_staff(case, community, at).standing
        if deed in (Deed.CLIMB, Deed.RETURN):
            to = (at, now.step + 1, why_of(deed))
            return await self.step(work, community, case, key, to, telling)
        if deed is Deed.REMIND and now.owed:
            taker = [one for one in readers_now(case, community) if one.id == now.taker]
            telling.add(case, taker, Notice.CASE_REMINDER, now.owed + RETURN_AFTER)
        elif deed is Deed.REPEAT:
            people = people_of(case.steps[now.step], case.may_read, community, at)
            notice = Notice.CASE_WAITS if now.promise else Notice.CASE_NOBODY
            telling.add(case, people or readers_now(case, community), notice, now.promise)
        elif deed is Deed.LAW:
            telling.add(case, told(case, community, at), Notice.CASE_LAW, case.told + LAW_FEEDBACK)
        return case
