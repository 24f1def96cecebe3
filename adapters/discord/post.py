"""What is said on Discord unasked: to a member of staff alone, or in a channel of a server.

Each message carries an id of ours, and for some minutes Discord says the same id once. Longer cards
are several messages, one after the other.
"""

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from weakref import WeakValueDictionary

from adapters.discord import render
from adapters.discord.gateway import Gateway
from adapters.discord.incoming import PLATFORM
from adapters.discord.wire import Refusal, Wire
from bot import ports
from bot.chat import Card, Voice
from bot.domain.communities import Community
from bot.platforms import Away, Limited
from bot.ports import InDoubt, Membership, PlatformAway, Rejected, Undelivered, Unreachable

#: Discord's numbers for a place or a person that is not there for us.
GONE = frozenset({10003, 10004, 10013, 50001, 50007, 50013, 50033, 50278})
REMEMBERS = timedelta(minutes=2)  #: "the past few minutes", as the documents have it
#: And for what is none of its own: something in between, or a fault that passes.
PASSING = frozenset({0, 40333})
TOO_FAST, A_WHILE = 40003, timedelta(minutes=1)  #: too many talks were opened at once
MOST_TALKS = 1000
ATTACH = "Attach Files"


class DiscordPost(ports.Post):
    remembers = REMEMBERS

    def __init__(self) -> None:
        self._talks: dict[str, str] = {}  #: where we are alone with whom, as Discord told
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.wire: Wire | None = None
        self.gateway: Gateway | None = None
        self.lost: Callable[[str], Awaitable[None]] = _nothing  #: told of who let us in no more

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        """In a talk with the bot alone, which Discord opens for whoever is named."""
        try:
            talk = self._talks.get(address, "")
            if not talk:
                talk = await self._opened(address)
                self._remember(address, talk, community)
            await self._say(talk, card, community, id)
        except Unreachable:
            self._talks.pop(address, None)
            if await self._may_return(community):
                raise Undelivered from None
            raise

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        if self._put_out(space):
            await self.lost(space)
            raise Unreachable
        await self._say(room, card, community, id)

    async def membership(self, space: str, account: str) -> tuple[Membership, datetime | None]:
        """Told with what somebody does in the place itself; elsewhere it is not asked."""
        return Membership.CANNOT_TELL, None

    async def lacks(self, space: str, rooms: Collection[str]) -> tuple[str, ...]:
        """Rooms that we do not see or may not write in; and in which others no chart can be shown. Of
        a server that another process hears of nothing is told here."""
        guild = self.gateway.guild(space) if self.gateway else None
        if guild is None:
            return tuple(rooms) if self._put_out(space) else ()
        if guild.unavailable or guild.me is None:  # Discord itself does not reach it just now
            return ()
        missing, bare = list[str](), list[str]()
        for room in rooms:
            channel: Any = guild.get_channel(int(room)) if room.isdecimal() else None
            may = channel.permissions_for(guild.me) if channel else None
            if may is None or not (may.view_channel and may.send_messages):
                missing.append(room)
            elif not may.attach_files:
                bare.append(f"#{channel.name}")
        return (*missing, f"{ATTACH}: {', '.join(bare)}") if bare else tuple(missing)

    async def open_to_all(self, space: str, room: str) -> bool | None:
        """By what is set for everybody there, and for this room."""
        guild = self.gateway.guild(space) if self.gateway else None
        channel: Any = guild.get_channel(int(room)) if guild and room.isdecimal() else None
        everybody: Any = guild.get_role(guild.id) if guild else None
        if channel is None or everybody is None:
            return None
        return bool(channel.permissions_for(everybody).view_channel)

    def connected(self) -> bool:
        return self.gateway is not None and self.gateway.connected

    def away(self) -> bool:
        return self.wire is None

    def _put_out(self, space: str) -> bool:
        """Whether we would know of that server if we were in it."""
        gateway = self.gateway
        return gateway is not None and gateway.is_ours(space) and gateway.guild(space) is None

    async def _opened(self, address: str) -> str:
        try:
            whose = {"recipient_id": address}
            opened = await self._called("POST", "/users/@me/channels", whose)
        except InDoubt:  # whatever became of it, nothing was said
            raise Undelivered from None
        return str(opened.get("id", ""))

    async def _may_return(self, community: Community) -> bool:
        """Who shares a server with us no more cannot be written to: so whoever takes us out for a
        minute must not take along what was to be said in it."""
        out = False
        for one in community.spaces:
            if one.platform == PLATFORM and self._put_out(one.address):
                await self.lost(one.address)
                out = True
        return out or community.put_out_of(PLATFORM)

    def _remember(self, address: str, talk: str, community: Community) -> None:
        """Of staff; to whom a role is merely offered we spoke once."""
        if not any(one.at == (PLATFORM, address) for s in community.staff for one in s.accounts):
            return
        while len(self._talks) >= MOST_TALKS:
            self._talks.pop(next(iter(self._talks)))
        self._talks[address] = talk

    async def _say(self, channel: str, card: Card, community: Community, id: str) -> None:
        parts = render.messages(render.speaker_of(Voice.of(community)), card)
        async with self._turns.setdefault(channel, asyncio.Lock()):
            for number, part in enumerate(parts):
                said = part.body | {"nonce": nonce(id, number), "enforce_nonce": True}
                picture = part.picture.png if part.picture else None
                path = "/channels/{channel_id}/messages"
                await self._called("POST", path, said, picture, channel_id=channel)

    async def _called(
        self, method: str, path: str, said: Any, picture: bytes | None = None, **at: str
    ) -> Any:
        if self.wire is None:
            raise PlatformAway
        try:
            return await self.wire.call(method, path, said, picture, **at)
        except Limited as much:
            raise Undelivered(much.wait) from None
        except Away as away:
            raise (InDoubt if away.sent else Undelivered) from None
        except Refusal as no:
            if no.status == HTTPStatus.UNAUTHORIZED:  # of no message, and told where it is seen to
                raise PlatformAway from None
            if no.code == TOO_FAST:
                raise Undelivered(A_WHILE) from None
            if no.code in PASSING:
                raise Undelivered from None
            if no.code in GONE or no.status in (403, 404):
                raise Unreachable from None
            raise Rejected(f"Discord says {no.status}, {no.code}") from None


def nonce(id: str, part: int) -> str:
    """An outbox id's name at Discord, where one has at most 25 characters."""
    digest = hashlib.sha256(f"{id}/{part}".encode()).digest()
    return urlsafe_b64encode(digest[:18]).decode()


async def _nothing(space: str) -> None:
    """Until it is known who let us in, nobody has put us out."""
