"""Status: what was given up, comes late or was missed, as counts; and what can be reached.

Counts alone, of the clock's work and of what is said to staff: no figure tells who, which case, or
whether a worker did anything. Of what is said to people it tells yes or no: a count would move with
cases that are hidden from somebody who sees it.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta

from bot.domain.communities import CommunityId
from bot.domain.errors import CannotSave, NoCommunity
from bot.ports import BadSeal, Clock, Fate, Figure, Health, Keys, OpenWork, Work
from bot.services.communities.known import Communities

LATE = timedelta(minutes=5)  #: what is overdue by more
TOLD_LATE = LATE + timedelta(hours=1)  #: of people: what is urgent is due from the hour before
SHOWN_FOR = timedelta(days=1)  #: how long what was missed is shown
SEEN = timedelta(days=30)  #: how long what was given up is
RUNS_KEPT = timedelta(days=60)  #: no slot, handover nor digest so long ago comes again
RUNS = ("slot", "handover", "digest")
_FIGURES = {
    Fate.WAITING: Figure.LATE,
    Fate.PARKED: Figure.PARKED,
    Fate.IN_DOUBT: Figure.IN_DOUBT,
    Fate.UNREACHABLE: Figure.UNREACHABLE,
}


class Status:
    def __init__(
        self, open_work: OpenWork, communities: Communities, keys: Keys, clock: Clock
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._keys, self._clock = keys, clock
        self._forgot: date | None = None

    async def figures(self) -> dict[Figure, int]:
        """All that somebody should look at; 0 of each when all is well."""
        now = self._clock.now()
        async with self._open_work() as work:
            rooms = await work.outbox.counts(rooms=True)
            people = await work.outbox.counts(rooms=False)
            before = now - LATE
            slots = await work.communities.due(before)
            watches = await work.communities.watched(before)
            # A community is late or not: how many of its cases are is not told.
            looks = await work.cases.looked_for(before)
            digests = await work.digests.due(before)
            late = len({*slots, *watches, *looks, *digests}) + await work.outbox.late(
                before, rooms=True
            )
            late += len(await work.polls.to_close(before)) + len(await work.polls.waves_due(before))
            late += min(1, await work.outbox.late(now - TOLD_LATE, rooms=False))
            missed = await work.ledger.missed(now - SHOWN_FOR)
            unreachable = await self._unreachable(work) + await work.digests.nowhere()
        return {
            Figure.PARKED: rooms[Fate.PARKED] + min(1, people[Fate.PARKED]),
            Figure.IN_DOUBT: rooms[Fate.IN_DOUBT] + min(1, people[Fate.IN_DOUBT]),
            Figure.LATE: late,
            Figure.MISSED: missed,
            Figure.UNREACHABLE: rooms[Fate.UNREACHABLE] + unreachable,
        }

    async def of_each(self) -> dict[CommunityId, frozenset[Figure]]:
        """Of each community which figures it moves, and not by how much. One whose rows or key are
        damaged or half gone is missing."""
        now, found = self._clock.now(), dict[CommunityId, set[Figure]]()
        async with self._open_work() as work:
            for id in await work.communities.all():
                with suppress(BadSeal, NoCommunity):
                    community = await self._communities.load(work, id)
                    alone = any(not community.told_at(one) for one in community.staff)
                    found[id] = {Figure.UNREACHABLE} if alone else set()
            before = now - LATE
            late = [*await work.communities.due(before), *await work.communities.watched(before)]
            late += [*await work.cases.looked_for(before), *await work.digests.due(before)]
            moved = {(id, Figure.LATE) for id in late}
            missed = await work.ledger.missed_by(now - SHOWN_FOR)
            moved |= {(id, Figure.MISSED) for id in found if id in missed}
            given_up = await work.outbox.troubles(before, now - TOLD_LATE)
            moved |= {(id, _FIGURES[fate]) for id, fate in given_up}
        for id, figure in moved:
            found.get(id, set()).add(figure)
        return {id: frozenset(figures) for id, figures in found.items()}

    async def _unreachable(self, work: Work) -> int:
        """How many who hold a role have no account at which they may be told anything: from the
        roster, whether or not there is anything to tell them."""
        found = 0
        for id in await work.communities.hard_to_reach():
            try:
                community = await self._communities.load(work, id)
            except (BadSeal, NoCommunity):  # damaged: its own beats say so
                continue
            found += sum(not community.told_at(one) for one in community.staff)
        return found

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
        """What was given up is seen for a month and goes the next day; what the calendar cannot
        bring again needs no claim any more. Once a day and process: forgetting twice does no harm.
        """
        now = self._clock.now()
        if self._forgot != now.date():
            async with self._open_work() as work:
                await work.outbox.forget(now - SEEN)
                await work.ledger.forget(RUNS, now - RUNS_KEPT)
            self._forgot = now.date()
