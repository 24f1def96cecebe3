"""Places: what a platform tells of those that are a community's, and asks about them.

That we were put out of one, or are back; which account of the bot's is believed about it. What it
tells of a place that belongs to no community, or by another account, means nothing.
"""

from dataclasses import replace

from bot.domain.communities import Account, Community, Role, Space
from bot.ports import Clock, Notice, OpenWork, Work
from bot.services.communities.known import Communities
from bot.services.communities.rows import account_of
from bot.services.notices import Notices
from bot.services.privacy.seals import Seals


class Places:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        seals: Seals,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._seals, self._notices, self._clock = seals, notices, clock

    async def via(self, platform: str, address: str) -> str | None:
        """Which account of the bot's is believed about a place; "" while none is, and None where it
        belongs to no community."""
        found = await self._communities.at(platform, address)
        return found[1].via if found else None

    async def bound(self, platform: str, address: str, via: str) -> None:
        """This one is, from now on, unless another one is already."""
        async with self._open_work() as work:
            held = await self._held(work, platform, address)
            if held and not held[1].via:
                bound = replace(held[1], via=via)
                await work.communities.keep_space(self._communities.space_row(held[0].id, bound))

    async def lost(self, platform: str, address: str, via: str = "", heir: str = "") -> None:
        """The platform put ``via`` out of a space: nothing is said there until it has ``returned``. Its
        moderators are told once, where they are reached elsewhere; the rest goes on. ``heir``: another
        account of ours that is there still: it takes its part. Of one that is not believed about the
        space it means nothing."""
        async with self._open_work() as work:
            held = await self._held(work, platform, address)
            if held is None or held[1].via != via or held[1].gone is not None:
                return
            community, space = held
            gone = replace(space, gone=self._clock.now().replace(microsecond=0))
            after = replace(space, via=heir) if heir else gone
            await work.communities.keep_space(self._communities.space_row(community.id, after))
            for one in () if heir else community.with_role(Role.MODERATOR):
                accounts = tuple(a for a in one.accounts if not _lives_in(a, space))
                reached, facts = replace(one, accounts=accounts), {"space": space.id}
                await self._notices.to_person(work, community, reached, Notice.SPACE_GONE, facts)

    async def put_out(self, platform: str, address: str) -> None:
        """Somebody there took us out: it is lost, and what it was to us goes, its rooms and those of
        staff's accounts that live in it. Roles, cases, polls and policy are the community's."""
        await self.lost(platform, address)
        async with self._open_work() as work:
            held = await self._held(work, platform, address)
            if held is None or held[1].gone is None:
                return
            community, space = held
            bare = replace(space, rooms={})
            await work.communities.keep_space(self._communities.space_row(community.id, bare))
            found, seal = (
                await work.communities.get(community.id),
                await self._seals.of(community.id),
            )
            kept = [(row, account_of(seal, row)) for row in found[3]] if found else []
            there = [(row, one) for row, one in kept if _lives_in(one, space)]
            for row, _ in there:
                await work.communities.drop_account(community.id, row.mark)
            await self._communities.leave_home(community.id, (one for _, one in there))
            await self._communities.watch_again(work, community.id)

    async def returned(self, platform: str, address: str, via: str = "") -> None:
        """The platform says that ``via`` was added again to a space that was lost by it."""
        async with self._open_work() as work:
            held = await self._held(work, platform, address)
            if held and held[1].via == via and held[1].gone is not None:
                back = held[1].returned(via)
                await work.communities.keep_space(self._communities.space_row(held[0].id, back))

    async def _held(
        self, work: Work, platform: str, address: str
    ) -> tuple[Community, Space] | None:
        """A place and its community, which nobody else changes now; None where it belongs to none."""
        id = await work.communities.at(self._communities.space_mark(platform, address))
        if id is None:
            return None
        await work.communities.hold(id, alone=True)
        community = await self._communities.load(work, id)
        space = community.place(platform, address)
        return (community, space) if space else None


def _lives_in(account: Account, space: Space) -> bool:
    return (account.platform, account.space) == (space.platform, space.address)
