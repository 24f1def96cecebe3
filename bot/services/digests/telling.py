"""What a digest is worded from, when it is said or shown beforehand.

What was counted comes from what was published; of a preview or a test nothing is counted, since a
figure that can be asked for at any moment would tell which case moved it.
"""

from dataclasses import dataclass, replace
from datetime import date

from bot.domain.communities import Community
from bot.domain.digests import WEEK, Digest, Gap, Plan
from bot.domain.polls import Poll
from bot.ports import Clock, DigestRow, OpenWork, Parcel, Work
from bot.services.digests.files import DigestFiles, standing_of
from bot.services.digests.sending import head
from bot.services.polls.reading import Asked, Reading

ITEMS = 4  #: of a section
LOOKED_THROUGH = 60  #: closed polls without an outcome, the newest


@dataclass(frozen=True, slots=True)
class Issue:
    """One digest with what it is about. ``closed``: polls that closed, with their waves;
    ``waiting``: those without an outcome, the oldest first; ``more``: of either, how many besides.
    ``test``: sent to try where it goes."""

    digest: Digest
    plan: Plan
    closed: tuple[Asked, ...] = ()
    waiting: tuple[Poll, ...] = ()
    more_closed: int = 0
    more_waiting: int = 0
    test: bool = False


class Telling:
    def __init__(
        self, open_work: OpenWork, digests: DigestFiles, polls: Reading, clock: Clock
    ) -> None:
        self._open_work, self._digests = open_work, digests
        self._polls, self._clock = polls, clock

    async def of(self, work: Work, community: Community, parcel: Parcel) -> Issue | None:
        """What a parcel tells; None where it is kept no longer."""
        row = await work.digests.get(community.id)
        if "week" not in parcel.facts:
            return replace(await self._preview(work, community, row), test=True)
        week = date.fromisoformat(parcel.facts["week"])
        digest = await self._digests.published(work, community.id, week)
        return await self._with_polls(work, community, row, digest) if digest else None

    async def address(self, work: Work, community: Community, mark: bytes | None) -> str | None:
        """The address of a parcel; None where organisers took it out meanwhile."""
        row = await work.digests.get(community.id)
        return await self._digests.addressee(row, mark) if mark else None

    async def preview(self, work: Work, community: Community) -> Issue:
        """The next one as far as it can be told before it is due."""
        return await self._preview(work, community, await work.digests.get(community.id))

    async def _preview(self, work: Work, community: Community, row: DigestRow) -> Issue:
        now = self._clock.now()
        plan, standing = row.plan, standing_of(row, now)
        passed = standing.passed(plan, now) if row.due is None else standing
        week = max(passed.done + WEEK, plan.latest(now))
        gap = standing.gap(week)
        digest = Digest(
            week=week,
            due=plan.due(week),
            since=standing.since,
            serial=standing.serial + 1,
            weeks=standing.weeks(week),
            gap=Gap(*gap) if gap else None,
            in_time=None,
            moved=None,
            about=None,
            polls=await work.polls.closed_between(community.id, standing.since, now),
            head=await head(work, community.id),
        )
        return await self._with_polls(work, community, row, digest)

    async def _with_polls(
        self, work: Work, community: Community, row: DigestRow, digest: Digest
    ) -> Issue:
        closed = [
            asked
            for id in digest.polls[:ITEMS]
            if (asked := await self._polls.about(work, community.id, id))
        ]
        waiting = await work.polls.without_outcome(community.id, LOOKED_THROUGH)
        return Issue(
            digest,
            await self._digests.plan(row),
            tuple(closed),
            tuple(waiting[:ITEMS]),
            max(0, len(digest.polls) - ITEMS),
            max(0, len(waiting) - ITEMS),
        )
