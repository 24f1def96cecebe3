"""Announcing: everybody hears of a change of a community, and other moderators are asked to agree.

What is told names the setting and the moment, and nobody whom it concerns.
"""

from bot.domain.communities import Community, Role, RoomKind
from bot.domain.communities.pending import OPERATOR, Pending, is_seasoned
from bot.ports import Clock, Notice, Work
from bot.services.notices import Notices


class Announcing:
    def __init__(self, notices: Notices, clock: Clock) -> None:
        self._notices, self._clock = notices, clock

    async def tell(self, work: Work, community: Community, change: Pending, notice: Notice) -> None:
        """Everybody, in every bulletin room; of what waits the other moderators, too."""
        for space in community.spaces:
            to = (work, community, space, RoomKind.BULLETIN)
            await self._notices.to_room(*to, notice, _facts(change), at=self._clock.now())
        if notice is Notice.CHANGE_WAITS and not change.agreed:
            await self.ask_others(work, community, change)

    async def ask_others(self, work: Work, community: Community, change: Pending) -> None:
        """Those who can be its second moderator."""
        to, now = (work, community), self._clock.now()
        for person in community.with_role(Role.MODERATOR):
            if person.id != change.by and is_seasoned(person, community, now):
                await self._notices.to_person(*to, person, Notice.CHANGE_ASKS, _facts(change))


def _facts(change: Pending) -> dict[str, str]:
    earliest = change.earliest.isoformat()
    facts = {"change": change.id, "kind": change.edit.kind, "at": earliest}
    return facts | ({"operator": "asked"} if change.by == OPERATOR else {})
