"""Setting: when and where a digest comes, as organisers change it; and a test of where it goes.

Two who change it at once: the second is told, and nothing of what they typed is lost.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.chat import Here
from bot.domain.communities import Community, Role, RoomKind, Space
from bot.domain.digests import Plan
from bot.domain.errors import DigestChanged, NoDestination
from bot.ports import Clock, DigestRow, Notice, OpenWork, Work
from bot.services.digests.files import DigestFiles, standing_of
from bot.services.digests.sending import Sending, is_told
from bot.services.digests.telling import Issue, Telling
from bot.services.notices import Notices
from bot.services.privacy.audit import Audit


@dataclass(frozen=True, slots=True)
class Settled:
    """How a community's digest is set. ``issue``: the next one, as far as it can be told;
    ``paused``: none comes; ``rooms``: the spaces whose organisers' room hears it; ``mails``:
    whether e-mail is sent from here at all; ``nowhere``: it reaches nobody; ``revision``: of what is
    shown."""

    issue: Issue
    paused: bool
    rooms: tuple[Space, ...]
    mails: bool
    nowhere: bool
    revision: int


class Setting:
    def __init__(
        self,
        open_work: OpenWork,
        digests: DigestFiles,
        sending: Sending,
        telling: Telling,
        notices: Notices,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._open_work, self._digests = open_work, digests
        self._sending, self._telling = sending, telling
        self._notices, self._audit, self._clock = notices, audit, clock

    async def look(self, here: Here) -> Settled:
        async with self._open_work() as work:
            return await self._look(work, here, here.community.spaces)

    async def set(self, here: Here, plan: Plan, revision: str) -> Settled:
        """Another plan, and the room it is said in as the place where digests come.

        Raises DigestChanged.
        """
        spaces = _with_room(here)

        async def change(row: DigestRow) -> DigestRow:
            if str(row.revision) != (revision or str(row.revision)):
                raise DigestChanged
            row, now = await self._digests.with_plan(row, plan), self._clock.now()
            standing = standing_of(row, now)
            due = max(standing.due(plan), now) if row.due is not None else None
            return replace(row, standing=standing, due=due)

        return await self._change(here, "digests.set", change, spaces)

    async def pause(self, here: Here) -> Settled:
        """No digest until somebody lets them come again."""

        async def change(row: DigestRow) -> DigestRow:
            return replace(row, due=None)

        return await self._change(here, "digests.pause", change, here.community.spaces)

    async def resume(self, here: Here) -> Settled:
        """They come again, from the next hour on."""

        async def change(row: DigestRow) -> DigestRow:
            if row.due is not None:
                return row
            now = self._clock.now()
            standing = standing_of(row, now).passed(row.plan, now)
            return replace(row, standing=standing, due=standing.due(row.plan))

        return await self._change(here, "digests.resume", change, here.community.spaces)

    async def test(self, here: Here) -> Settled:
        """Have one sent that says it is a test. Raises NoDestination."""
        async with self._open_work() as work:
            await work.communities.hold(here.community.id)
            settled = await self._look(work, here, here.community.spaces)
            if settled.nowhere:
                raise NoDestination
            plan, now = settled.issue.plan, self._clock.now()
            await self._sending.say(work, here.community, plan, {}, at=now)
            await self._audit.note(work, here.community, here.person, "digests.test")
        return settled

    async def _change(
        self,
        here: Here,
        act: str,
        change: Callable[[DigestRow], Awaitable[DigestRow]],
        spaces: tuple[Space, ...],
    ) -> Settled:
        async with self._open_work() as work:
            await work.communities.hold(here.community.id)
            row = await change(await work.digests.held(here.community.id))
            for before, space in zip(here.community.spaces, spaces, strict=True):
                if before.rooms != space.rooms:
                    await work.communities.keep_rooms(here.community.id, space.id, space.rooms)
            reached = self._sending.reached(spaces, await self._digests.plan(row))
            row = replace(row, revision=row.revision + 1, nowhere=not reached)
            await work.digests.keep(row)
            await self._audit.note(work, here.community, here.person, act)
            await self._tell(work, here.community, row)
            return await self._look(work, here, spaces)

    async def _tell(self, work: Work, community: Community, row: DigestRow) -> None:
        """Every organiser, so that nobody turns a digest away in silence."""
        plan = await self._digests.plan(row)
        facts = {"weekday": f"{plan.weekday}", "at": f"{plan.at:%H:%M}", "zone": plan.zone}
        facts |= {"addresses": f"{len(plan.addresses)}", "paused": "yes" if row.due is None else ""}
        for person in community.with_role(Role.ORGANISER):
            await self._notices.to_person(work, community, person, Notice.DIGEST_SET, facts)

    async def _look(self, work: Work, here: Here, spaces: tuple[Space, ...]) -> Settled:
        issue = await self._telling.preview(work, here.community)
        row = await work.digests.get(here.community.id)
        rooms = tuple(one for one in spaces if is_told(one))
        nowhere = not self._sending.reached(spaces, issue.plan)
        mails = self._sending.mails
        return Settled(issue, row.due is None, rooms, mails, nowhere, row.revision)


def is_everybodys(here: Here) -> bool:
    """Whether it is said in the room for bulletins: digests never come there."""
    return bool(here.caller.room) and here.space.rooms.get(RoomKind.BULLETIN) == here.caller.room


def _with_room(here: Here) -> tuple[Space, ...]:
    """The spaces, with the room the caller is in as the organisers' one, and no other; as they are
    where somebody speaks to the bot alone, or in the room that everybody reads."""
    room = here.caller.room
    if not room or is_everybodys(here):
        return here.community.spaces

    def rooms(space: Space) -> dict[RoomKind, str]:
        kept = {k: r for k, r in space.rooms.items() if k is not RoomKind.ORGANISERS}
        return kept | ({RoomKind.ORGANISERS: room} if space.id == here.space.id else {})

    return tuple(replace(one, rooms=rooms(one)) for one in here.community.spaces)
