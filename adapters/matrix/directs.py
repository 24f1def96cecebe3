"""In which room somebody is alone with the bot. In memory; after a restart it is looked for again.

Where several rooms lead to one person the one that was spoken in last counts; none is lost sight of,
so that each is left when its talk ends.
"""

import asyncio
from http import HTTPStatus

from adapters.matrix.rooms import Rooms
from adapters.matrix.sending import Sending
from adapters.matrix.session import Session
from adapters.matrix.state import RoomState
from adapters.matrix.wire import Away, Refusal
from bot.ports import Rejected, Undelivered, Unreachable

UNFINISHED = 3  #: times that a room with nobody else is seen before it is none any more


class Directs:
    def __init__(self, session: Session, rooms: Rooms, sending: Sending) -> None:
        self._session, self._rooms, self._sending = session, rooms, sending
        self._in: dict[str, str] = {}  #: whom a room leads to; the one spoken in last comes last
        self._looked = False
        self._unfinished: dict[str, int] = {}  #: rooms with nobody else: how often seen so
        self._turn = asyncio.Lock()

    async def room_of(self, user: str) -> str:
        """A room with them alone, made where there is none. Raises Undelivered and its kin,
        Refusal, Away."""
        async with self._turn:  # two at once would make two rooms
            await self.look()
            for room in [one for one, whom in self._in.items() if whom == user][::-1]:
                if await self._still_leads_to(room, user):
                    return room
            await self._is_finished()
            room = await self._made(user)
            self.learnt(room, user)
            return room

    async def look(self) -> dict[str, str]:
        """Once in a process, and after a room may have been made of which nobody told us, at every
        room we are in; whom each of those with one person leads to, by room. Raises Refusal, Away."""
        if not self._looked:
            alone = dict(self._unfinished)
            self._unfinished.clear()
            for room in await self._rooms.joined():
                try:
                    state = await self._rooms.look(room)
                except Refusal:  # we were just put out of it
                    continue
                if user := state.only_with(self._session.user):
                    self._in.setdefault(room, user)
                elif self._is_unfinished(state):
                    self._unfinished[room] = alone.get(room, 0) + 1
            self._looked = True
        return self.known()

    def known(self) -> dict[str, str]:
        """Whom each room that we know of leads to, by room."""
        return dict(self._in)

    def learnt(self, room: str, user: str) -> None:
        """They were just alone with us there."""
        self._in.pop(room, None)
        self._in[room] = user

    def leads_to(self, user: str) -> bool:
        """Whether any room does."""
        return user in self._in.values()

    def whom(self, room: str) -> str:
        """To whom it leads; "" to nobody that we know of."""
        return self._in.get(room, "")

    def gone(self, room: str) -> None:
        """It leads to nobody any more."""
        self._in.pop(room, None)

    async def _still_leads_to(self, room: str, user: str) -> bool:
        """Somebody else may have been asked in, or they left."""
        try:
            state = await self._rooms.look(room)
        except Refusal:
            return False
        return state.only_with(self._session.user) == user

    async def _made(self, user: str) -> str:
        """A new room. Where it is not known whether it was made it is looked for the next time, before
        another one is: nobody can tell a homeserver that it is the same again."""
        self._looked = False  # also for whoever is cut off here
        try:
            room = await self._sending.talk_with(user)
        except (Unreachable, Rejected):
            self._looked = True
            raise
        except Undelivered as no:
            self._looked = not _is_in_doubt(no.__cause__)
            raise
        self._looked = True
        return room

    async def _is_finished(self) -> None:
        """A room with nobody else in it may be the one that is being made. Raises Undelivered while it
        may; one that stays so is left."""
        for room, seen in list(self._unfinished.items()):
            if seen < UNFINISHED:
                self._looked = False
                raise Undelivered
            del self._unfinished[room]
            await self._sending.leave(room)

    def _is_unfinished(self, state: RoomState) -> bool:
        return state.joined.keys() == {self._session.user} and not (
            state.invited or state.is_shared
        )


def _is_in_doubt(why: BaseException | None) -> bool:
    if isinstance(why, Away):
        return why.doubtful
    return isinstance(why, Refusal) and why.status >= HTTPStatus.INTERNAL_SERVER_ERROR
