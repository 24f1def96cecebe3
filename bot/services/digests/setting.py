"""Setting: when and where a digest comes, as organisers change it; and a test of where it goes.

Two who change it at once: the second is told, and nothing of what they typed is lost.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.chat import Here
from bot.domain.communities import Community, Role, RoomKind, Space, Staff
from bot.domain.communities.edits import DESTINATION, Destined
from bot.domain.communities.pending import Pending
from bot.domain.digests import Plan
from bot.domain.errors import DigestChanged, DigestGoesElsewhere, NoDestination, NotAllowed
from bot.ports import Clock, DigestRow, OpenWork, Work
from bot.services.communities import Communities
from bot.services.communities.changing import Changing
from bot.services.digests.destination import Destination
from bot.services.digests.files import DigestFiles, standing_of
from bot.services.digests.sending import Sending, is_told
from bot.services.digests.telling import Issue, Telling
from bot.services.privacy.audit import Audit


@dataclass(frozen=True, slots=True)
class Settled:
    """How a community's digest is set. ``issue``: the next one, as far as it can be told;
    ``paused``: none comes; ``rooms``: the spaces whose organisers' room hears it; ``mails``:
    whether e-mail is sent from here at all; ``nowhere``: it reaches nobody; ``revision``: of what is
    shown; ``waits``: a change of where it comes that is still to hold."""

    issue: Issue
    paused: bool
    rooms: tuple[Space, ...]
    mails: bool
    nowhere: bool
    revision: int
    waits: Pending | None


class Setting:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        changing: Changing,
        digests: DigestFiles,
        sending: Sending,
        destination: Destination,
        telling: Telling,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._open_work, self._communities, self._changing = open_work, communities, changing
        self._digests, self._sending, self._destination = digests, sending, destination
        self._telling, self._audit, self._clock = telling, audit, clock

    async def look(self, here: Here) -> Settled:
        async with self._open_work() as work:
            return await self._look(work, here.community)

    async def set(self, here: Here, plan: Plan, revision: str) -> Settled:
        """Another plan at once; its addresses, and the room it is said in as the place where digests
        come, wait for a moderator (privacy rule 12).

        Raises DigestChanged, DigestGoesElsewhere, NotAllowed.
        """

        async def change(row: DigestRow) -> DigestRow:
            if str(row.revision) != (revision or str(row.revision)):
                raise DigestChanged
            known, now = await self._digests.plan(row), self._clock.now()
            there = replace(plan, addresses=known.addresses)
            row = await self._digests.with_plan(row, there)
            standing = standing_of(row, now)
            due = max(standing.due(plan), now) if row.due is not None else None
            return replace(row, standing=standing, due=due)

        async with self._open_work() as work:
            community, person = await self._held(work, here)
            known = await self._digests.plan(await work.digests.held(community.id))
            await self._change(work, community, person, "digests.set", change)
            await self._send_elsewhere(work, here, community, person, known, plan)
            return await self._look(work, await self._communities.load(work, community.id))

    async def pause(self, here: Here) -> Settled:
        """No digest until somebody lets them come again."""

        async def change(row: DigestRow) -> DigestRow:
            return replace(row, due=None)

        return await self._changed(here, "digests.pause", change)

    async def resume(self, here: Here) -> Settled:
        """They come again, from the next hour on."""

        async def change(row: DigestRow) -> DigestRow:
            if row.due is not None:
                return row
            now = self._clock.now()
            standing = standing_of(row, now).passed(row.plan, now)
            return replace(row, standing=standing, due=standing.due(row.plan))

        return await self._changed(here, "digests.resume", change)

    async def test(self, here: Here) -> Settled:
        """Have one sent that says it is a test. Raises NoDestination."""
        async with self._open_work() as work:
            await work.communities.hold(here.community.id)
            settled = await self._look(work, here.community)
            if settled.nowhere:
                raise NoDestination
            plan, now = settled.issue.plan, self._clock.now()
            await self._sending.say(work, here.community, plan, {}, at=now)
            await self._audit.note(work, here.community, here.person, "digests.test")
        return settled

    async def _changed(
        self, here: Here, act: str, change: Callable[[DigestRow], Awaitable[DigestRow]]
    ) -> Settled:
        async with self._open_work() as work:
            community, person = await self._held(work, here)
            await self._change(work, community, person, act, change)
            return await self._look(work, community)

    async def _change(
        self,
        work: Work,
        community: Community,
        person: Staff,
        act: str,
        change: Callable[[DigestRow], Awaitable[DigestRow]],
    ) -> None:
        row = await change(await work.digests.held(community.id))
        reached = self._sending.reached(community.spaces, await self._digests.plan(row))
        row = replace(row, revision=row.revision + 1, nowhere=not reached)
        await work.digests.keep(row)
        await self._audit.note(work, community, person, act)
        await self._destination.tell(work, community, row)

    async def _send_elsewhere(
        self, work: Work, here: Here, community: Community, person: Staff, known: Plan, plan: Plan
    ) -> None:
        """Ask for another room or other addresses, where it is others; once."""
        space, room = _room_of(here, community)
        if not space and plan.addresses == known.addresses:
            return
        edit = Destined(space, room, plan.addresses)
        waits = await self._changing.to_come(work, community.id, edit.aim)
        if waits is None:
            await self._changing.make(work, community, person, edit)
        elif waits.edit != edit:
            raise DigestGoesElsewhere

    async def _held(self, work: Work, here: Here) -> tuple[Community, Staff]:
        """The community as it is, held alone, and the organiser who acts. Raises NotAllowed."""
        await work.communities.hold(here.community.id, alone=True)
        community = await self._communities.load(work, here.community.id)
        person = community.person(here.person.id)
        if person is None or Role.ORGANISER not in person.roles:
            raise NotAllowed
        return community, person

    async def _look(self, work: Work, community: Community) -> Settled:
        issue = await self._telling.preview(work, community)
        row = await work.digests.get(community.id)
        rooms = tuple(one for one in community.spaces if is_told(one))
        nowhere = not self._sending.reached(community.spaces, issue.plan)
        waits = await self._changing.to_come(work, community.id, DESTINATION)
        mails = self._sending.mails
        return Settled(issue, row.due is None, rooms, mails, nowhere, row.revision, waits)


def is_everybodys(here: Here) -> bool:
    """Whether it is said in the room for bulletins: digests never come there."""
    return bool(here.caller.room) and here.space.rooms.get(RoomKind.BULLETIN) == here.caller.room


def _room_of(here: Here, community: Community) -> tuple[str, str]:
    """The space and the room that the caller is in, to be where digests come; empty where they do,
    and where somebody speaks to the bot alone, or in the room that everybody reads."""
    space, room = here.space.id, here.caller.room
    if not room or not space or is_everybodys(here):
        return "", ""
    told = [(one.id, one.rooms.get(RoomKind.ORGANISERS)) for one in community.spaces]
    is_so = [one for one in told if one[1] is not None] == [(space, room)]
    return ("", "") if is_so else (space, room)
