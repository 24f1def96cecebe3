"""Who speaks, as the core wants to know it: told by their homeserver just now, and kept by nobody.

Authority never comes from here: ``manages`` and ``proof`` can only take something away.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from adapters.matrix.events import Said
from adapters.matrix.rooms import Rooms
from adapters.matrix.state import RoomState
from bot.chat import Caller
from bot.ports import Undelivered

PLATFORM = "matrix"


class Callers:
    def __init__(self, user: str, rooms: Rooms, believed: Callable[[str], Awaitable[str]]) -> None:
        """``user``: our account's address; ``believed``: which of ours is about a place."""
        self._user, self._rooms, self._believed = user, rooms, believed

    def alone(self, said: Said) -> Caller:
        """Whoever said it, with the bot and nobody else."""
        return Caller(
            PLATFORM,
            "",
            said.sender,
            once=said.event,
            proof=said.proof,
            added=said.added,
            proves=True,
            early_receipt=True,
            via=self._user,
        )

    async def there(self, state: RoomState, alone: Caller) -> Caller:
        """The same person, as in that shared room. Raises Refusal, Away."""
        place = await self._rooms.place_of(state)
        with suppress(Undelivered):  # the core looks at it again, and at who tells
            await self._believed(place.id)
        there = place.state if alone.account in place.state.joined else state
        return replace(
            alone,
            space=place.id,
            room=state.room,
            place=place.state.name or state.name,
            member_since=await self._rooms.member_since(there, alone.account),
            manages=place.state.manages(alone.account),
        )
