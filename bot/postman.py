"""Drains the outbox: says what was to be said, on the platforms this process runs.

A parcel is leased, worded, delivered, then forgotten; one that fails is tried again later and at
last parked where it can be seen; one that is rejected is parked at once. Where a platform is away all
of it waits, uncounted, and goes when that is back. What may have been said already is said again only
where the platform knows its id. No transaction is open while a platform is spoken to.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from bot.letters import Letters
from bot.ports import (
    Clock,
    Fate,
    InDoubt,
    Log,
    Noted,
    Notice,
    OpenWork,
    Parcel,
    PlatformAway,
    Post,
    Rejected,
    Undelivered,
    Unreachable,
)
from bot.services.communities import Communities

LEASE = timedelta(minutes=3)
AT_ONCE = 30
HANDS = 10  #: how many are spoken to at the same time
#: Seconds a platform has. With the 20 of a picture: who waits for a hand is still within the lease.
SAID_WITHIN = 30.0
FIRST_WAIT = timedelta(seconds=30)
TRIES = 10  #: waits double: the last comes after four hours
ENDS_WITHIN = 5.0  #: seconds that what is being said has when the program stops


class Postman:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        letters: Letters,
        posts: Mapping[str, Post],
        clock: Clock,
        log: Log,
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._letters, self._posts = letters, posts
        self._clock, self._log = clock, log
        self._hands = asyncio.Semaphore(HANDS)
        self._waiting: dict[str, Parcel] = {}  # leased, and not begun
        self._under_way: set[asyncio.Task[None]] = set()
        self._closed = False

    async def drain(self) -> None:
        """Deliver everything that is due now, each destination in its order."""
        while not self._closed and (parcels := await self._claim()):
            self._waiting |= {one.id: one for one in parcels}
            if self._closed:
                return await self._give_back()
            mine = {asyncio.create_task(self._take(one)) for one in parcels}
            self._under_way |= mine
            for one in mine:
                one.add_done_callback(self._under_way.discard)
            await asyncio.wait(mine)
        return None

    async def start(self) -> None:
        """What was parked is tried once more: perhaps somebody mended what was wrong. Once, also of
        what was rejected at its first try."""
        async with self._open_work() as work:
            await work.outbox.another_try(self._posts.keys(), self._clock.now(), TRIES - 1)

    async def close(self) -> None:
        """Take nothing more, give back what was not begun, let what is being said end."""
        self._closed = True
        await self._give_back()
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=ENDS_WITHIN)
            for one in late:  # perhaps said: its lease runs out
                one.cancel()

    async def _claim(self) -> list[Parcel]:
        try:
            async with self._open_work() as work:
                now = self._clock.now()
                there = [name for name, post in self._posts.items() if not post.away()]
                return await work.outbox.claim(there, now, LEASE, AT_ONCE)
        except Exception as bug:  # a database that is away: asked again at the next tick
            self._log.note(Noted.BUG, kind=type(bug).__name__, place="postman")
            return []

    async def _give_back(self) -> None:
        ids, self._waiting = list(self._waiting), {}
        try:
            async with self._open_work() as work:
                await work.outbox.released(ids, self._clock.now())
        except Exception as bug:  # their leases run out
            self._log.note(Noted.BUG, kind=type(bug).__name__, place="postman")

    async def _take(self, parcel: Parcel) -> None:
        """One parcel, from hand to mark. Whatever goes wrong is noted and stops no other."""
        async with self._hands:
            if self._waiting.pop(parcel.id, None) is None:
                return  # given back
            try:
                await self._deliver(parcel)
            except Exception as bug:  # its lease runs out, and it is tried again
                self._log.note(Noted.BUG, kind=type(bug).__name__, place="postman")

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            say = await self._letters.ready(parcel)
        except Exception as bug:
            self._log.note(Noted.BUG, kind=type(bug).__name__, place="postman")
            return await self._again(parcel, None)
        if not self._may_be_said(parcel):
            return await self._give_up(parcel, Fate.IN_DOUBT)
        try:
            async with asyncio.timeout(SAID_WITHIN):
                await say()
        except PlatformAway as why:
            return await self._hold(parcel, why.retry_after)
        except Undelivered as why:
            return await self._again(parcel, why.retry_after)
        except Rejected:
            return await self._give_up(parcel, Fate.PARKED)
        except Unreachable:
            return await self._give_up(parcel, Fate.UNREACHABLE)
        except (InDoubt, TimeoutError):
            return await self._doubt(parcel)
        except Exception as bug:
            self._log.note(Noted.BUG, kind=type(bug).__name__, place="postman")
            return await self._doubt(parcel)
        return await self._said(parcel)

    def _may_be_said(self, parcel: Parcel) -> bool:
        """What may have been said already: only as long as the platform knows its id."""
        remembers = self._posts[parcel.platform].remembers
        return parcel.doubted is None or self._clock.now() - parcel.doubted < remembers

    async def _said(self, parcel: Parcel) -> None:
        async with self._open_work() as work:
            if parcel.notice == Notice.CHANGE_WAITS:  # the community is held before any row is
                await self._communities.told(work, parcel.community, parcel.facts["change"])
            await work.outbox.delivered(parcel.id)

    async def _again(self, parcel: Parcel, retry_after: timedelta | None) -> None:
        if parcel.tries + 1 >= TRIES:
            return await self._give_up(parcel, Fate.PARKED)
        self._log.note(Noted.UNDELIVERED, kind=_kind(parcel))
        wait = max(FIRST_WAIT * 2**parcel.tries, retry_after or FIRST_WAIT)
        async with self._open_work() as work:
            await work.outbox.failed(parcel.id, self._clock.now() + wait)
        return None

    async def _hold(self, parcel: Parcel, retry_after: timedelta | None) -> None:
        """As if it had not been tried: it is due soon after, should the platform be back by then."""
        wait = max(FIRST_WAIT, retry_after or FIRST_WAIT)
        async with self._open_work() as work:
            await work.outbox.released([parcel.id], self._clock.now() + wait)

    async def _doubt(self, parcel: Parcel) -> None:
        """Nobody knows whether it was said: again with the same id, where that is known."""
        now = self._clock.now()
        next_try, doubted = now + FIRST_WAIT * 2**parcel.tries, parcel.doubted or now
        remembered = next_try - doubted < self._posts[parcel.platform].remembers
        if not remembered or parcel.tries + 1 >= TRIES:
            return await self._give_up(parcel, Fate.IN_DOUBT)
        self._log.note(Noted.UNDELIVERED, kind=_kind(parcel))
        async with self._open_work() as work:
            await work.outbox.failed(parcel.id, next_try, doubted)
        return None

    async def _give_up(self, parcel: Parcel, fate: Fate) -> None:
        self._log.note(Noted.PARKED, kind=_kind(parcel))
        async with self._open_work() as work:
            await work.outbox.given_up(parcel.id, fate)


def _kind(parcel: Parcel) -> str:
    """All that the log tells of it: which sentence to a person it was might tell of a case."""
    return "room" if parcel.space else "person"
