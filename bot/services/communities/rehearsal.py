"""Rehearsal: a test message to every room and to everybody in a role, so that all know they are
reached before it matters."""

from dataclasses import dataclass

from bot.chat import Here
from bot.domain.communities import Role
from bot.domain.errors import TooManyTests
from bot.domain.privacy import Act
from bot.ports import Chance, Clock, Notice, OpenWork
from bot.services.communities.changing import acting_moderator
from bot.services.communities.known import Communities
from bot.services.notices import Notices, may_be_told
from bot.services.privacy.limits import Limits

STAFF = (Role.REP, Role.ORGANISER, Role.MODERATOR)


@dataclass(frozen=True, slots=True)
class Tested:
    """Whom a test message was sent to."""

    rooms: int
    people: int


class Rehearsal:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        notices: Notices,
        limits: Limits,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._open_work, self._communities, self._notices = open_work, communities, notices
        self._limits, self._clock, self._chance = limits, clock, chance

    async def test(self, here: Here) -> Tested:
        """Say in every room, and to everybody in a role outside their quiet hours, that this is a
        test. Raises NotAllowed, TooManyTests."""
        rooms = people = 0
        whose = f"{here.caller.platform}|{here.caller.account}"
        async with self._open_work() as work:
            await work.communities.hold(here.community.id, alone=True)
            community = await self._communities.load(work, here.community.id)
            moderator = acting_moderator(here, community)
            if self._limits.spend(Act.TEST, whose, self._chance.bytes(16).hex()) is None:
                raise TooManyTests
            for space in community.spaces:
                for room in space.rooms:
                    rooms += may_be_told(space, room)
                    to = (work, community, space, room)
                    await self._notices.to_room(*to, Notice.TEST, {}, at=self._clock.now())
            for person in community.with_role(*STAFF):
                people += bool(community.told_at(person))
                await self._notices.to_person(work, community, person, Notice.TEST, {})
            await self._communities.changed(work, community, moderator, "test")
        return Tested(rooms, people)
