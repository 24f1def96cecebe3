"""Somebody and the bot in one room: what they say, and what they hear of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import nio

from bot.dispatch import Door
from tests.fakes.matrix_people import WAITS, Person


class Watched:
    """The door, and which messages and invitations the bot is done with: their answers are on the
    homeserver then. By their hash, for the proof of leaks looks for ids in all that is held."""

    def __init__(self, door: Door) -> None:
        self._door, self._done = door, set[int]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)

    async def guarded(self, do: Callable[[], Awaitable[None]], *expected: type[Exception]) -> bool:
        try:
            return await self._door.guarded(do, *expected)
        finally:
            for one in getattr(do, "args", ()):
                self._done.add(hash(getattr(one, "event", None) or getattr(one, "room", None)))

    async def done(self, what: str) -> None:
        """Once an event, or an invitation to a room, was dealt with."""
        async with asyncio.timeout(WAITS):
            while hash(what) not in self._done:
                await asyncio.sleep(0.005)


@dataclass
class Talk:
    """In a room they opened, or that the bot opened for them, or a shared one. ``read``: how much of
    what they heard there they have read."""

    person: Person
    bot: str
    door: Watched
    room: str = ""
    read: int = 0

    def __post_init__(self) -> None:
        self.read = len(self.heard)

    async def opens(self) -> str:
        """Gives what the bot says first."""
        self.room = await self.person.room_with(self.bot)
        await self.door.done(self.room)
        return await self.hears()

    async def comes(self, words: str = "") -> str:
        """The bot asked them in; gives what it says there, once these words are in it."""
        person = self.person
        await person.until(lambda: person.client.invited_rooms)
        (self.room,) = person.client.invited_rooms
        await person.client.join(self.room)
        return await self.hears(words)

    async def says(self, words: str, *, room: str = "") -> str:
        """Gives what they have not read yet when the bot has answered."""
        said = await self.person.says(room or self.room, words)
        await self.door.done(said)
        return await self.hears()

    async def lines(self, *words: str) -> str:
        """One after the other; gives the last answer."""
        said = ""
        for one in words:
            said = await self.says(one)
        return said

    async def hears(self, words: str = "") -> str:
        """What is new, once there is anything with these words in it."""
        await self.person.sync()
        await self.person.until(lambda: any(words in one.body for one in self._new()))
        said = [one.body for one in self._new()]
        self.read = len(self.heard)
        return "\n\n".join(said)

    async def news(self) -> str:
        """What has come by now, perhaps nothing, and was not read yet."""
        await self.person.sync()
        return "\n\n".join(one.body for one in self._new())

    async def reads(self) -> None:
        """What has come by now counts as read."""
        await self.person.sync()
        self.read = len(self.heard)

    @property
    def heard(self) -> list[nio.RoomMessage]:
        """All that the bot said here, as it was said."""
        heard = zip(self.person.heard, self.person.rooms, strict=True)
        return [one for one, at in heard if one.sender == self.bot and at == self.room]

    def all_said(self) -> list[tuple[str, bool]]:
        """Likewise, and whether each can be read still."""
        return [(one.body, not self.person.misses(self.room, one.event_id)) for one in self.heard]

    async def is_open(self) -> bool:
        """Whether the bot is there still."""
        await self.person.sync()
        return self.person.sees(self.room, self.bot)

    def _new(self) -> list[nio.RoomMessage]:
        return self.heard[self.read :]
