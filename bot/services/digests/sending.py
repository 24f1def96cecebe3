"""Sending: the digest of a week is counted and put on the outbox once, when it is due.

The claim, what is counted and carried, and every parcel are one transaction. After days off the
latest week alone is sent, and names those that had none. Whoever is counted in it was found by the
domain's rule; what is shown of the count passed the disclosure function.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.domain.cases import Case
from bot.domain.communities import (
    LEAST_KEPT,
    Community,
    CommunityId,
    Role,
    RoomKind,
    Space,
)
from bot.domain.digests import NOTHING, Digest, Figure, Gap, Plan, Week, weighed
from bot.domain.privacy import flowed
from bot.ports import (
    BadSeal,
    CaseRow,
    Clock,
    DigestRow,
    EntryRow,
    Log,
    Noted,
    Notice,
    OpenWork,
    Work,
)
from bot.services.communities import Communities
from bot.services.digests.files import DigestFiles, standing_of
from bot.services.notices import Notices, digest_arrives, may_be_told
from bot.services.privacy.sealing import CaseFiles

MISSED = timedelta(hours=1)  #: a digest that comes so much later was missed and is made up for
OPENED_AT_ONCE = 20  #: cases, between two chances for others to act
#: Nothing is counted over less: whoever may choose the hour could choose whose case it is about.
LEAST_COUNTED = timedelta(days=6)
KEPT = timedelta(weeks=53)  #: what a digest said


class Sending:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        digests: DigestFiles,
        cases: CaseFiles,
        notices: Notices,
        clock: Clock,
        log: Log,
        *,
        mails: bool,
    ) -> None:
        self._open_work, self._communities, self._digests = open_work, communities, digests
        self._cases, self._notices, self._clock, self._log = cases, notices, clock, log
        self.mails = mails  #: whether e-mail is sent from here at all

    async def waiting(self) -> Sequence[CommunityId]:
        """Communities whose digest is due."""
        async with self._open_work() as work:
            return await work.digests.due(self._clock.now())

    async def due(self, id: CommunityId) -> None:
        """Send the digest of a community, if its moment has come."""
        now = self._clock.now()
        async with self._open_work() as work:
            await work.communities.hold(id, alone=True)
            row = await work.digests.held(id)
            if row.due is None or row.due > now:
                return None  # somebody else has, or it was paused
            missed = now - row.due > MISSED
            row = replace(row, standing=standing_of(row, now))
            week = row.plan.latest(now)
            if week <= row.standing.done:  # not yet, as the plan or its zone is now
                return await work.digests.keep(replace(row, due=row.standing.due(row.plan)))
            if await self._something_comes_first(work, id, row.plan.due(week)):
                return None
            await self._send(work, row, week, now, missed=missed)
        return None

    async def _something_comes_first(self, work: Work, id: CommunityId, due: datetime) -> bool:
        """What another process is at: a slot, a deadline or a close of the same moment."""
        slot = await work.communities.next_slot_of(id)
        if slot is not None and slot <= due:
            return True
        if await work.polls.closing(id, due):
            return True
        return bool(await work.cases.to_look_at(id, due, 1))

    async def _send(
        self, work: Work, row: DigestRow, week: date, now: datetime, *, missed: bool
    ) -> None:
        community = await self._communities.load(work, row.community)
        plan = await self._digests.plan(row)
        period, due = week.isoformat(), plan.due(week)
        since = row.standing.since
        upto = max(due, since)  # a zone that was changed may have turned it back
        counts = row.standing.sent is None or upto - since >= LEAST_COUNTED
        after = row.standing.after(week, upto if counts else since)
        if await work.ledger.claim("digest", community.id, period):
            if missed:
                await work.ledger.made_up_for("digest", period, [community.id], now)
            found = await self._weigh(work, community, since, upto)
            if not counts:  # all of it counts next time
                found = replace(found, moved=Counter(), about=Counter())
            before = await self._digests.carried(row)
            shown, carried = _disclosed(found, before, community.categories)
            gap = row.standing.gap(week)
            digest = Digest(
                week=week,
                due=due,
                since=since,
                serial=after.serial,
                weeks=after.weeks(week),
                gap=Gap(*gap) if gap else None,
                in_time=not found.late,
                moved={one.value: shown[one.value] for one in Figure},
                about={one: n for one in community.categories if (n := shown[_about(one)])},
                polls=await work.polls.closed_between(community.id, since, upto),
                head=await head(work, community.id),
            )
            await self._digests.publish(work, community, digest)
            await work.digests.forget(community.id, week - KEPT)
            row = await self._digests.with_carried(row, carried)
            # As long after its moment as a slot's sentence, however much had to be counted.
            at = max(now, due + self._notices.room_delay)
            reached = await self.say(work, community, plan, {"week": period}, at=at)
            row = replace(row, nowhere=not reached)
            await self._tell_reps(work, community, {"week": period})
        await work.digests.keep(replace(row, standing=after, due=after.due(plan)))

    async def say(
        self,
        work: Work,
        community: Community,
        plan: Plan,
        facts: Mapping[str, str],
        *,
        at: datetime,
    ) -> bool:
        """To the organisers' rooms and addresses: whether there are any."""
        for space in filter(is_told, community.spaces):
            to = (work, community, space, RoomKind.ORGANISERS, Notice.DIGEST)
            await self._notices.to_room(*to, facts, at=at)
        for address in plan.addresses if self.mails else ():
            mark = await self._digests.address_mark(community.id, address)
            await self._notices.to_address(work, community, mark, Notice.DIGEST, facts, at=at)
        return self.reached(community.spaces, plan)

    def reached(self, spaces: Iterable[Space], plan: Plan) -> bool:
        """Whether a digest has anywhere to go."""
        return digest_arrives(spaces, mailed=self.mails and bool(plan.addresses))

    async def _tell_reps(self, work: Work, community: Community, facts: Mapping[str, str]) -> None:
        """Each their own list, whether or not anything is on it: that it comes says nothing."""
        for person in community.with_role(Role.REP):
            await self._notices.to_person(work, community, person, Notice.OWN_LIST, facts)

    async def _weigh(
        self, work: Work, community: Community, since: datetime, upto: datetime
    ) -> Week:
        """All that is counted of the cases that may have moved, some at a time."""
        found = NOTHING
        ids = await work.cases.lately(community.id, since + timedelta(days=LEAST_KEPT))
        for start in range(0, len(ids), OPENED_AT_ONCE):
            rows = await work.cases.with_ids(ids[start : start + OPENED_AT_ONCE])
            found += weighed(await self._opened(work, rows), community, since, upto)
            await asyncio.sleep(0)
        return found

    async def _opened(self, work: Work, rows: list[CaseRow]) -> list[Case]:
        """Those that can be opened."""
        said: dict[str, list[EntryRow]] = defaultdict(list)
        for entry in await work.cases.entries([row.id for row in rows]):
            said[entry.case].append(entry)
        keys = await self._cases.open_keys(row.key for row in rows)
        found = []
        for row in rows:
            try:
                if row.key in keys:
                    found.append(self._cases.open_case(row, said[row.id], keys[row.key]))
            except BadSeal:
                self._log.note(Noted.WARNED, kind="BadSeal", place="cases")
        return found


def is_told(space: Space) -> bool:
    """Whether a space has a room where digests come."""
    return may_be_told(space, RoomKind.ORGANISERS)


async def head(work: Work, community: CommunityId) -> str:
    """The head of the audit chain; empty before its first page."""
    last = (await work.audit.last([community])).get(community)
    return last.head.hex() if last else ""


def _disclosed(
    found: Week, carried: Mapping[str, int], categories: Sequence[str]
) -> tuple[Counter[str], dict[str, int]]:
    """(what is shown, what is carried on), by figure and by category (``about``)."""
    came = {one.value: found.moved[one.value] for one in Figure}
    came |= {_about(one): found.about[one] for one in categories}
    flows = {name: flowed(carried.get(name, 0), n) for name, n in came.items()}
    shown = Counter({name: flow.shown for name, flow in flows.items()})
    return shown, {name: flow.carried for name, flow in flows.items()}


def _about(category: str) -> str:
    return f"about.{category}"
