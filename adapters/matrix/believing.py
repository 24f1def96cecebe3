"""Which of our accounts is believed about a place: the one by which a community came by it.

The host of any other homeserver can say that our account there is in it. A place from before this
was kept is the one account's that is in it, once all of ours have answered; of several, nobody's
until a moderator links it anew.
"""

from collections.abc import Collection

from adapters.matrix.callers import PLATFORM
from adapters.matrix.rooms import Rooms
from adapters.matrix.sending import answered
from bot.dispatch import Door
from bot.ports import PlatformAway, Unreachable


class Believing:
    """``present``: the rooms of those of our accounts that are logged in, by their addresses."""

    def __init__(self, accounts: Collection[str]) -> None:
        """``accounts``: the addresses of all that there should be."""
        self._accounts = frozenset(accounts)
        self.present: dict[str, Rooms] = {}
        self.door: Door | None = None  #: there once anything is listened to

    async def about(self, place: str) -> str:
        """The account's address; "" where none is, or the place is no community's. Raises
        Undelivered where it cannot be told just now."""
        if self.door is None:
            raise PlatformAway
        via = await self.door.places.via(PLATFORM, place)
        if via and via not in self._accounts:  # it is ours no more, and no other takes its part
            await self.door.places.lost(PLATFORM, place, via)
            return ""
        if via == "" and (via := await self._only_one(place)):
            await self.door.places.bound(PLATFORM, place, via)
            via = await self.door.places.via(PLATFORM, place)
        return via or ""

    async def heir(self, place: str, of: str) -> str:
        """Another account of ours that is in a place, by the last word of the one that was put out;
        "" where there is none, or nothing is told. Raises Undelivered."""
        try:
            with answered():
                state = await self.present[of].look(place)
        except Unreachable:
            return ""
        return min((self._accounts - {of}) & state.joined.keys(), default="")

    async def _only_one(self, place: str) -> str:
        """Where there is only one account nobody else can claim anything. Raises Undelivered."""
        if len(self._accounts) == 1:
            return next(iter(self._accounts))
        if self.present.keys() != self._accounts:
            raise PlatformAway
        there = [user for user, rooms in self.present.items() if await _is_in(user, rooms, place)]
        return there[0] if len(there) == 1 else ""


async def _is_in(user: str, rooms: Rooms, place: str) -> bool:
    try:
        with answered():
            return user in (await rooms.look(place)).joined
    except Unreachable:
        return False
