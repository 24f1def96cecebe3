"""One account while it is logged in: what listens, what talks, and what says, put together."""

import asyncio
from dataclasses import dataclass, replace
from functools import partial

from adapters.matrix.believing import Believing
from adapters.matrix.callers import Callers
from adapters.matrix.directs import Directs
from adapters.matrix.ending import Endings
from adapters.matrix.listening import Listening, patiently
from adapters.matrix.pace import ANSWERS, INVITES, Pace
from adapters.matrix.rooms import Rooms
from adapters.matrix.sending import Sending
from adapters.matrix.session import Session
from adapters.matrix.syncing import Memory, Syncing
from adapters.matrix.talks import Talks
from adapters.matrix.wire import Refusal
from bot.chat import Caller
from bot.dispatch import Door
from bot.ports import Chance, Clock

TIDIES = 60.0  #: seconds between two looks at what has ended


@dataclass(frozen=True, slots=True)
class Account:
    session: Session
    rooms: Rooms
    callers: Callers
    sending: Sending
    directs: Directs
    talks: Talks
    endings: Endings
    listening: Listening
    syncing: Syncing

    async def run(self) -> None:
        """Until ``syncing.stop``. Raises Revoked, Stale."""
        await patiently(self.listening.begin)
        both = [asyncio.create_task(one) for one in (self.syncing.run(), self._tidy())]
        try:
            ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for one in ended:
                one.result()
            if self.syncing.connected:
                await self.endings.close()
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def again(self, room: str, alone: Caller) -> Caller:
        """As in that shared room; alone, where they are in it no more."""
        try:
            state = await patiently(partial(self.rooms.look, room))
            there = await patiently(partial(self.callers.there, state, alone))
        except Refusal:
            return replace(alone, space="", room="")
        return there if alone.account in state.joined else replace(alone, space="", room="")

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDIES)
            await self.listening.tidy()


def assembled(
    session: Session,
    talks: Talks,
    door: Door,
    memory: Memory,
    clock: Clock,
    chance: Chance,
    believing: Believing,
) -> Account:
    """``talks``: of this account, also from before it was logged in anew."""
    rooms = Rooms(session)
    callers = Callers(session.user, rooms, believing.about)
    sending = Sending(session, rooms)
    directs = Directs(session, rooms, sending)
    invites, pace = (Pace(most, clock.elapsed, chance.bytes(32)) for most in (INVITES, ANSWERS))
    endings = Endings(session, rooms, sending, directs, talks, door)
    listening = Listening(
        session,
        rooms,
        callers,
        sending,
        directs,
        talks,
        endings,
        door,
        believing,
        invites,
        pace,
        clock,
    )
    syncing = Syncing(session, memory, clock, listening.handle, rooms.changed)
    return Account(session, rooms, callers, sending, directs, talks, endings, listening, syncing)
