"""What this process remembers of communities: each as loaded at a revision, and read anew after that.

Never remembers what a transaction reads that may be undone yet.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.communities import Community, CommunityId, Staff
from bot.domain.communities.pending import Pending
from bot.domain.errors import NoCommunity
from bot.ports import Clock, OpenWork, Work
from bot.services.communities.rows import pending_of, staff_of
from bot.services.privacy.seals import Seals

LET_GO_EVERY = 3600.0  #: seconds


@dataclass(frozen=True, slots=True)
class Known:
    """A community as loaded at a revision, good until somebody's role begins or ends; ``staff`` by
    platform and address of their accounts."""

    revision: int
    since: datetime
    until: datetime | None
    community: Community
    staff: dict[tuple[str, str], Staff]
    pending: tuple[Pending, ...]

    def holds(self, now: datetime) -> bool:
        return self.since <= now and (self.until is None or now < self.until)


class Remembered:
    def __init__(self, open_work: OpenWork, seals: Seals, clock: Clock) -> None:
        self._open_work, self._seals, self._clock = open_work, seals, clock
        self._known: dict[CommunityId, Known] = {}
        self._look_at = 0.0  # on the clock's running hand

    async def at(self, id: CommunityId, revision: int | None) -> Known:
        """What is remembered of a community, where it stands at this revision; or all of it anew."""
        if known := self._still(id, revision):
            return known
        async with self._open_work() as work:
            return await self.within(work, id)

    async def within(self, work: Work, id: CommunityId) -> Known:
        """The same as it stands now, asked within a transaction."""
        revision = await work.communities.revision(id)
        if known := self._still(id, revision):
            return known
        known = await self._read(work, id, revision)
        if not work.communities.written(id):
            self._known[id] = known
        return known

    async def let_go(self) -> None:
        """Of a community that was forgotten this process remembers nothing any more. Once an hour."""
        if self._clock.elapsed() >= self._look_at:
            self._look_at = self._clock.elapsed() + LET_GO_EVERY
            if remembered := self._known.keys() | self._seals.remembered():
                async with self._open_work() as work:
                    there = set(await work.communities.all())
                for id in remembered - there:
                    self._drop(id)

    def _still(self, id: CommunityId, revision: int | None) -> Known | None:
        known = self._known.get(id)
        holds = known and known.revision == revision and known.holds(self._clock.now())
        return known if holds else None

    async def _read(self, work: Work, id: CommunityId, revision: int | None) -> Known:
        found = await work.communities.get(id)
        if found is None or revision is None:
            self._drop(id)
            raise NoCommunity
        community, spaces, staff, accounts = found
        seal, now = await self._seals.of(id), self._clock.now()
        people = {row.id: staff_of(seal, row, accounts, community.changes, now) for row in staff}
        places = tuple(row.space for row in spaces)
        pending = tuple(pending_of(seal, row) for row in await work.communities.pending(id))
        holding = tuple(one for one in people.values() if one.roles)
        former = tuple(one for one in people.values() if not one.roles)
        community = replace(community, staff=holding, former=former, spaces=places)
        dates = (
            date for row in staff for grant in row.grants for date in (grant.begins, grant.ends)
        )
        until = min((date for date in dates if date > now), default=None)
        found_at = {a.at: one for one in holding for a in one.accounts}
        return Known(revision, now, until, community, found_at, pending)

    def _drop(self, id: CommunityId) -> None:
        self._known.pop(id, None)
        self._seals.forget(id)
