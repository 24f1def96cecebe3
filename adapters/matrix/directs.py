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
        self._leads: dict[str, str] = {}  #: by room to whom; the one spoken in last comes last
        self._looked = False
        self._turn = asyncio.Lock()

    async def room_of(self, user: str) -> str:
        """A room with them alone, made where there is none. Raises Undelivered and its kin,
        Refusal, Away."""
        async with self._turn:  # two at once would make two rooms
            await self.look()
            theirs = self.rooms_of(user)
            if theirs:
                return theirs[-1]
            room = await self._sending.talk_with(user)
            self._leads[room] = user
            return room

    async def look(self) -> None:
        """Once in a process, at every room we are in. Raises Refusal, Away."""
        if self._looked:
            return
        found: dict[str, str] = {}
        for room in await self._rooms.joined():
            try:
                state = await self._rooms.look(room)
            except Refusal:  # we were just put out of it
                continue
            if user := state.only_with(self._session.user):
                found[room] = user
        self._leads = found | self._leads
        self._looked = True

    def known(self) -> dict[str, str]:
        """Whom each room that we know of leads to, by room."""
        return dict(self._leads)

    def rooms_of(self, user: str) -> list[str]:
        """All that lead to them, as far as we know; the one spoken in last comes last."""
        return [room for room, one in self._leads.items() if one == user]

    def learnt(self, room: str, user: str) -> None:
        """They were just alone with us there."""
        self._leads.pop(room, None)
        self._leads[room] = user

    def whom(self, room: str) -> str:
        """To whom it leads; "" to nobody that we know of."""
        return self._leads.get(room, "")

    def gone(self, room: str) -> None:
        """It leads to nobody any more."""
        self._leads.pop(room, None)
