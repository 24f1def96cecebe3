"""In which room somebody is alone with the bot. In memory; after a restart it is looked for again.

Where two rooms lead to one person the one that was spoken in last counts.
"""

import asyncio

from adapters.matrix.rooms import Rooms
from adapters.matrix.sending import Sending
from adapters.matrix.session import Session
from adapters.matrix.wire import Refusal


class Directs:
    def __init__(self, session: Session, rooms: Rooms, sending: Sending) -> None:
        self._session, self._rooms, self._sending = session, rooms, sending
        self._of: dict[str, str] = {}  #: by account
        self._looked = False
        self._turn = asyncio.Lock()

    async def room_of(self, user: str) -> str:
        """A room with them alone, made where there is none. Raises Undelivered and its kin,
        Refusal, Away."""
        async with self._turn:  # two at once would make two rooms
            await self.look()
            if user not in self._of:
                self._of[user] = await self._sending.talk_with(user)
            return self._of[user]

    async def look(self) -> dict[str, str]:
        """Once in a process, at every room we are in; whom each of those with one person leads to,
        by room. Raises Refusal, Away."""
        if not self._looked:
            for room in await self._rooms.joined():
                try:
                    state = await self._rooms.look(room)
                except Refusal:  # we were just put out of it
                    continue
                if user := state.only_with(self._session.user):
                    self._of.setdefault(user, room)
            self._looked = True
        return self.known()

    def known(self) -> dict[str, str]:
        """Whom each room that we know of leads to, by room."""
        return {room: user for user, room in self._of.items()}

    def learnt(self, room: str, user: str) -> None:
        """They were just alone with us there."""
        self._of[user] = room

    def whom(self, room: str) -> str:
        """To whom it leads; "" to nobody that we know of."""
        return next((user for user, one in self._of.items() if one == room), "")

    def gone(self, room: str) -> None:
        """It leads to nobody any more."""
        self._of.pop(self.whom(room), None)
