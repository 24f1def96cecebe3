"""Drains the outbox: says what was to be said, on the platforms this process runs.

A parcel is leased, worded, delivered, then forgotten; one that fails is tried again later and at
last parked where it can be seen. No transaction is open while a platform is spoken to.
"""

from collections.abc import Mapping
from datetime import timedelta

from bot.commands.notices import NOTICES
from bot.domain.communities import Community, Trust
from bot.ports import Clock, Log, Noted, OpenWork, Parcel, Post, Undelivered
from bot.services.communities import Communities

LEASE = timedelta(minutes=2)
AT_ONCE = 50
FIRST_WAIT = timedelta(seconds=30)
TRIES = 10  #: waits double: the last comes after four hours


class Postman:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        posts: Mapping[str, Post],
        clock: Clock,
        log: Log,
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._posts, self._clock, self._log = posts, clock, log

    async def drain(self) -> None:
        """Deliver everything that is due now."""
        while parcels := await self._claim():
            for parcel in parcels:
                await self._deliver(parcel)

    async def _claim(self) -> list[Parcel]:
        async with self._open_work() as work:
            return await work.outbox.claim(self._clock.now(), LEASE, AT_ONCE)

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            async with self._open_work() as work:
                community = await self._communities.load(work, parcel.community)
            if parcel.staff is not None:
                await self._to_person(parcel, community)
            else:
                await self._to_room(parcel, community)
        except Undelivered:
            await self._again(parcel)
        except Exception as bug:
            self._log.note(Noted.BUG, kind=type(bug).__name__, place="postman")
            await self._again(parcel)
        else:
            async with self._open_work() as work:
                await work.outbox.delivered(parcel.id)

    async def _to_person(self, parcel: Parcel, community: Community) -> None:
        """To every account of one member of staff; whoever has left is told nothing."""
        person = community.person(parcel.staff) if parcel.staff else None
        card = NOTICES[parcel.notice](community, Trust.NEUTRAL, parcel.facts)
        for account in person.accounts if person else ():
            if post := self._posts.get(account.platform):
                await post.to_person(account.address, card, community)

    async def _to_room(self, parcel: Parcel, community: Community) -> None:
        for space in community.spaces:
            post = self._posts.get(space.platform)
            if post and space.id == parcel.space and parcel.room in space.rooms:
                card = NOTICES[parcel.notice](community, space.trust, parcel.facts)
                await post.to_room(space.address, space.rooms[parcel.room], card, community)

    async def _again(self, parcel: Parcel) -> None:
        parked = parcel.tries + 1 >= TRIES
        next_try = None if parked else self._clock.now() + FIRST_WAIT * 2**parcel.tries
        self._log.note(Noted.PARKED if parked else Noted.UNDELIVERED, kind=parcel.notice)
        async with self._open_work() as work:
            await work.outbox.failed(parcel.id, next_try)
