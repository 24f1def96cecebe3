"""One account while it is logged in: what listens, what talks, and what says, put together."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial

from adapters.matrix.callers import Callers
from adapters.matrix.directs import Directs
from adapters.matrix.listening import Listening, patiently
from adapters.matrix.pace import ANSWERS, INVITES, Pace
from adapters.matrix.rooms import Rooms
from adapters.matrix.sending import Sending
from adapters.matrix.session import Session
from adapters.matrix.syncing import Memory, Syncing
from adapters.matrix.talks import Talks
from adapters.matrix.wire import Refusal
from bot.chat import Caller, Voice
from bot.dispatch import Door
from bot.ports import Chance, Clock

TIDIES = 60.0  #: seconds between two looks at what has ended


@dataclass(frozen=True, slots=True)
class Account:
    session: Session
    rooms: Rooms
    sending: Sending
    directs: Directs
    talks: Talks
    listening: Listening
    syncing: Syncing

    async def run(self) -> None:
        """Until ``syncing.stop``. Raises Revoked."""
        await patiently(self.listening.begin)
        tidies = asyncio.create_task(self._tidy())
        try:
            await self.syncing.run()
        finally:
            tidies.cancel()

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDIES)
            await self.listening.tidy()


def assembled(
    session: Session,
    door: Door,
    prefix: str,
    voice: Voice,
    ours: Collection[str],
    memory: Memory,
    clock: Clock,
    chance: Chance,
) -> Account:
    """``voice``: how strangers are answered; ``ours``: what the operator wrote."""
    rooms = Rooms(session)
    sending, callers = Sending(session, rooms), Callers(rooms)
    directs = Directs(session, rooms, sending)

    async def anew(room: str, alone: Caller) -> Caller:
        """As in that shared room; alone, where they are in it no more."""
        try:
            state = await patiently(partial(rooms.look, room))
            there = await patiently(partial(callers.there, state, alone))
        except Refusal:
            return replace(alone, space="", room="")
        return there if alone.account in state.joined else replace(alone, space="", room="")

    talks = Talks(door, clock, anew, prefix, voice=voice, ours=ours)
    invites, pace = (Pace(most, clock.elapsed, chance.bytes(32)) for most in (INVITES, ANSWERS))
    listening = Listening(
        session, rooms, sending, directs, talks, door, invites, pace, clock.elapsed
    )
    syncing = Syncing(session, memory, clock, listening.handle, rooms.changed)
    return Account(session, rooms, sending, directs, talks, listening, syncing)
