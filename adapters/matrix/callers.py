"""Who speaks, as the core wants to know it: told by their homeserver just now, and kept by nobody.

Authority never comes from here: ``manages`` and ``proof`` can only take something away.
"""

from dataclasses import replace

from adapters.matrix.events import Said
from adapters.matrix.rooms import Rooms, RoomState
from bot.chat import Caller

PLATFORM = "matrix"


class Callers:
    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

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
        )

    async def there(self, state: RoomState, alone: Caller) -> Caller:
        """The same person, as in that shared room. Raises Refusal, Away."""
        place = await self._rooms.place_of(state)
        there = place.state if alone.account in place.state.joined else state
        return replace(
            alone,
            space=place.id,
            room=state.room,
            place=place.state.name or state.name,
            member_since=await self._rooms.member_since(there, alone.account),
            manages=place.state.manages(alone.account),
        )
