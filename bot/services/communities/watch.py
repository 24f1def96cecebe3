"""The watch: who comes on duty is told, roles end, and what is kept of those who left goes; and the
first pulse begins as soon as it can.

A look holds the community alone and says all that came since the last; a handover is claimed in the
ledger besides. After days off the present shift alone is told; ends of roles are all made up for.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime

from bot.domain.communities import Community, CommunityId, Grant, Lies, Role, Span, Staff
from bot.domain.communities.findings import pulse_may_begin
from bot.domain.communities.staff import TRACES_KEPT
from bot.domain.communities.watch import came_on
from bot.domain.privacy import LEAST_ELIGIBLE
from bot.ports import Clock, Notice, OpenWork, Work
from bot.services.communities.known import Communities
from bot.services.notices import Notices

#: What plans the first pulse of a community, in the transaction that holds it.
BeginPulse = Callable[[Work, Community], Awaitable[None]]


class Watch:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        notices: Notices,
        begin_pulse: BeginPulse,
        clock: Clock,
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._notices, self._begin_pulse, self._clock = notices, begin_pulse, clock

    async def waiting(self) -> list[CommunityId]:
        """Communities whose moment has come."""
        async with self._open_work() as work:
            return await work.communities.watched(self._clock.now())

    async def due(self, id: CommunityId) -> None:
        """Look at a community, if its moment has come."""
        now = self._clock.now()
        async with self._open_work() as work:
            await work.communities.hold(id, alone=True)
            since = await work.communities.next_watch_of(id)
            if since is None or since > now:
                return  # somebody else has looked
            community = await self._communities.load(work, id)
            after = await self._end_roles(work, community, since, now)
            await self._begin_duty(work, community, after, since, now)
            await self._forget(work, after, now)
            if pulse_may_begin(after, LEAST_ELIGIBLE):
                await self._begin_pulse(work, after)
            await self._communities.watch_again(work, id)

    async def _end_roles(
        self, work: Work, community: Community, since: datetime, now: datetime
    ) -> Community:
        """Tell of ends that come and ends that came; who is a rep no more leaves the rota."""
        rota = community.rota
        for person in (*community.staff, *community.former):
            for grant in person.grants:
                if notice := _of_its_end(grant, since, now):
                    facts = {"role": grant.role.value, "ends": grant.ends.isoformat()}
                    await self._notices.to_person(work, community, person, notice, facts)
            if Role.REP not in person.roles:
                rota = rota.without(person.id, now)
        if rota != community.rota:
            await work.communities.keep_rota(community.id, rota)
        return replace(community, rota=rota)

    async def _begin_duty(
        self, work: Work, before: Community, community: Community, since: datetime, now: datetime
    ) -> None:
        """Whoever has come on duty is told, once; who steps into a week of somebody who left, too."""
        rota, changes = community.rota, community.changes
        found = came_on(rota, changes, since, now)
        for person in community.on_duty(now):
            shift = rota.shift(changes, person.id, now)
            if shift and before.rota.shift(changes, person.id, now) is None:
                found[person.id] = (max(shift[0], since), shift[1])
        for begins in sorted({shift[0] for shift in found.values()}):
            if await work.ledger.claim("handover", community.id, begins.isoformat()):
                for person in community.on_duty(now):
                    if person.id in found and found[person.id][0] == begins:
                        await self._say_on_duty(work, community, person, found[person.id])

    async def _say_on_duty(
        self, work: Work, community: Community, person: Staff, shift: Span
    ) -> None:
        facts = {"begins": shift[0].isoformat(), "ends": shift[1].isoformat()}
        await self._notices.to_person(work, community, person, Notice.DUTY_BEGINS, facts)

    async def _forget(self, work: Work, community: Community, now: datetime) -> None:
        """Changes of duty that are over go, and what is kept of roles long after their end."""
        over = {one.id for one in community.changes if one.ends <= now}
        over |= set(_offers_of(community.former, community))
        if over:
            await work.communities.drop_changes(community.id, over)
        for person in (*community.staff, *community.former):
            kept = tuple(one for one in person.grants if now < one.ends + TRACES_KEPT)
            if not kept:
                await work.communities.forget_staff(community.id, person.id)
                await self._communities.leave_home(community.id, person.accounts)
            elif kept != person.grants:
                held = replace(person, grants=kept)
                row = await self._communities.staff_row(community.id, held)
                await work.communities.keep_staff(community.id, row)


def _of_its_end(grant: Grant, since: datetime, now: datetime) -> Notice | None:
    """What is said of a grant's end now, if anything: the moment came since the last look."""
    if since <= grant.ends <= now:
        return Notice.ROLE_ENDED
    return Notice.ROLE_ENDS if since <= grant.warned <= now < grant.ends else None


def _offers_of(people: Iterable[Staff], community: Community) -> Iterable[str]:
    """Shifts offered by people who have none to offer any more."""
    gone = {one.id for one in people}
    return (one.id for one in community.changes if one.lies is Lies.OFFERED and one.staff in gone)
