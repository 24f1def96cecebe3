"""What becomes of a talk that is over: its messages are taken back, its room is left, its keys go.

What the homeserver does not take now is asked again at the next tidy. Rooms in which somebody of
staff is told things are never left.
"""

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from adapters.matrix.callers import PLATFORM
from adapters.matrix.directs import Directs
from adapters.matrix.events import SEALED, is_sound
from adapters.matrix.rooms import Rooms
from adapters.matrix.sending import Sending, txn_of
from adapters.matrix.session import Session
from adapters.matrix.talks import Over, Talks
from adapters.matrix.wire import Away, Refusal, at
from bot.dispatch import Door
from bot.ports import InDoubt, Rejected, Undelivered, Unreachable

TAKES_BACK = 5.0  #: seconds in which what still stands in talks goes, when the program stops
AT_ONCE = 100  #: messages of ours that are looked for
#: The room is not ours any more, or they cannot be reached: there is nobody to tell.
NOT_OURS = (Refusal, Away, Undelivered, InDoubt, Rejected, Unreachable)


class Endings:
    """``closing``: whether the program stops, and what still stands is being taken back."""

    def __init__(
        self,
        session: Session,
        rooms: Rooms,
        sending: Sending,
        directs: Directs,
        talks: Talks,
        door: Door,
    ) -> None:
        self._session, self._rooms, self._sending = session, rooms, sending
        self._directs, self._talks, self._door = directs, talks, door
        self.closing = False

    async def tidy(self) -> None:
        """Whatever has ended since this was last asked, and what could not be ended then."""
        for over in (*self._talks.ending.values(), *self._talks.over()):
            await self._door.guarded(partial(self.end, over))

    async def end(self, over: Over) -> None:
        """Now, or when it is tidied next, and so on until the homeserver has taken all of it."""
        ending = self._talks.ending
        if (before := ending.get(over.room)) and before is not over:  # as of another hand
            over = replace(over, redact=(*before.redact, *over.redact))
        ending[over.room] = over
        with suppress(*NOT_OURS):
            await self.take_back(over.room, over.redact)
            kept = over.stays or await self._door.keeps(PLATFORM, over.account)
            if not kept and not self._talks.goes_on(over.room):
                if over.found:
                    await self.take_back(over.room, await self._ours_in(over.room))
                await self._part(over.room, over.account)
            ending.pop(over.room, None)

    async def close(self) -> None:
        """The program stops in order: what still stands in talks goes, as far as there is time."""
        self.closing = True
        try:
            async with asyncio.timeout(TAKES_BACK):
                overs = self._talks.stopped()
                await asyncio.gather(*(self._door.guarded(partial(self.end, one)) for one in overs))
        except TimeoutError:
            pass
        finally:
            self.closing = False

    async def take_back(self, room: str, events: Iterable[str]) -> None:
        """Raises Undelivered, InDoubt: then once more, for what is gone already stays so."""
        for event in events:
            with suppress(
                Unreachable, Rejected
            ):  # it is not there any more, or is not ours to take
                await self._sending.redact(room, event, txn_of(event, 0))

    async def _ours_in(self, room: str) -> list[str]:
        """Our last messages there, which an earlier process said and had no time to take back."""
        wanted = {"types": [SEALED], "senders": [self._session.user]}
        query = {"dir": "b", "limit": str(AT_ONCE), "filter": json.dumps(wanted)}
        said = await self._session.wire.call("GET", at("/rooms/{}/messages", room), query=query)
        there = [one for one in said.get("chunk", ()) if is_sound(one) and one["content"]]
        return [str(one["event_id"]) for one in there]

    async def _part(self, room: str, user: str) -> None:
        """As if it had never been, for us. Whoever talks to us elsewhere is known there still."""
        self._directs.gone(room)
        self._rooms.gone(room)
        try:
            await self._sending.leave(room)
        finally:
            self._session.ciphers.forget((), [room])
            self._session.encrypted.discard(room)
        if not self._directs.leads_to(user):
            await self._session.forget(room, user)
