"""A community that was taken out of all its places is kept for thirty days, and then forgotten.

Whoever owns a workspace cannot make it sooner, and one place that lets the bot in again is enough.
A place that was only lost, by a fault or a token, counts as one that is left to it.
"""

from bot.domain.communities import CommunityId
from bot.domain.communities.watch import forsaken_on
from bot.ports import Clock, OpenWork, Work
from bot.services.communities.known import Communities
from bot.services.privacy.forgetting import Forgetting


class Forsaken:
    def __init__(
        self, open_work: OpenWork, communities: Communities, forgetting: Forgetting, clock: Clock
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._forgetting, self._clock = forgetting, clock

    async def due(self, id: CommunityId) -> None:
        """Forget it, if its day has come."""

        async def still(work: Work) -> bool:
            spaces = (await self._communities.load(work, id)).spaces
            day = forsaken_on(spaces)
            return day is not None and day <= self._clock.now()

        async with self._open_work() as work:
            comes = await still(work)
        if comes:
            await self._forgetting.forget(id, _told_to_nobody, still)


def _told_to_nobody(what: str, done: int, of: int) -> None:
    """Nobody waits for it."""
