"""Discord's gateway: discord.py's client with nothing privileged and nothing kept, opened anew whenever
it ends. What comes of people goes to one place as Discord wrote it: no object of the library's waits for
an answer, so none is lost with the process, and none is somebody else's.

A payload that is none is passed over, and if it ends a connection the next one is opened. Who is too
often at the door is shut out for a day (1,000 times, then the token is reset): so each next time waits
longer.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, Self

import aiohttp
import discord
import discord.shard
import yarl
from discord.gateway import DiscordWebSocket

from adapters.discord.incoming import PLATFORM
from adapters.discord.wire import Refusal, Wire
from bot.dispatch import Door
from bot.platforms import Away, Limited
from bot.settings import CannotStart, Discord

#: How the library meets a payload without what it must have.
MALFORMED = (
    *(AttributeError, LookupError, TypeError, ValueError),
    *(ArithmeticError, AssertionError, RecursionError),
)
ENDS = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, *MALFORMED)
#: Codes with which Discord closes for good, and what is wrong then.
FOR_GOOD = {
    4004: "does not take [discord] token: copy the one on the page Bot of your app",
    4010: "knows no such shard: see [discord.shards]",
    4011: "wants the places cut into more shards: raise [discord.shards] count",
    4012: "speaks another version of its gateway: install a newer groundswell",
    4013: "does not know what is asked of it: install a newer groundswell",
    4014: "refuses what is asked of it: install a newer groundswell",
}
GATEWAY = "wss://gateway.discord.gg/"  #: where Discord has it, unless it says another place
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
BETWEEN = 5.0  #: seconds between two who join, as Discord wants it
OFTEN, LONGEST_BETWEEN = (
    5,
    300.0,
)  #: joined so often in the last hour, each next one waits twice as long


class Plain(DiscordWebSocket):
    """Uncompressed: what unpacks would keep the last 32 KiB that people brought, with their accounts and
    words, until as much came after it. Without members and messages there is little to pack."""

    @classmethod
    async def from_client(cls, client: discord.Client, **more: Any) -> Self:
        return await super().from_client(client, **more | {"compress": False})

    async def send_as_json(self, data: Any) -> None:
        if data["op"] == self.IDENTIFY:  # nor are single payloads to be packed
            data["d"]["compress"] = False
        await super().send_as_json(data)


class Client(discord.AutoShardedClient):
    def __init__(
        self,
        took: Callable[[Any], None],
        happened: "Happened",
        waits: Callable[[int], Awaitable[None]],
        count: int,
        ids: tuple[int, ...],
    ) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            enable_debug_events=False,
            shard_count=count,
            shard_ids=list(ids or range(count)),
        )
        self._happened, self._waits = happened, waits
        parsers = self._connection.parsers
        for name, parse in parsers.items():
            parsers[name] = partial(_passed_over, parse)
        parsers["READY"] = partial(_passed_over, partial(self._begins, parsers["READY"]))
        parsers["INTERACTION_CREATE"] = partial(_passed_over, took)

    def _begins(self, parse: Callable[[Any], None], told: Any) -> None:
        """A session begins with all servers that we are in: one that put us out while there was none
        is not told of in another way, and the library would keep it for ever."""
        parse(told)
        there, shard = {int(one["id"]) for one in told["guilds"]}, int(told["shard"][0])
        for guild in self.guilds:
            if guild.shard_id == shard and guild.id not in there:
                self._connection._remove_guild(guild)
                self._happened.left(str(guild.id))

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await self._waits(shard_id or 0)

    async def on_shard_connect(self, shard_id: int) -> None:
        self._happened.comes(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        self._happened.comes(shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        self._happened.there.discard(shard_id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self._happened.joined(str(guild.id))

    async def on_guild_available(self, guild: discord.Guild) -> None:
        self._happened.joined(str(guild.id))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self._happened.left(str(guild.id))


def _passed_over(parse: Callable[[Any], None], told: Any) -> None:
    """One that is no payload stops nothing that comes after it."""
    with suppress(*MALFORMED):
        parse(told)


class Happened:
    """What the gateway tells besides what people do. ``there``: the shards that are connected;
    ``whole``: told when another one is."""

    def __init__(
        self,
        joined: Callable[[str], None],
        left: Callable[[str], None],
        whole: Callable[[], None],
    ) -> None:
        self.joined, self.left, self._whole = joined, left, whole
        self.there: set[int] = set()

    def comes(self, shard: int) -> None:
        self.there.add(shard)
        self._whole()


class Gateway:
    def __init__(
        self,
        known: Discord,
        wire: Wire,
        door: Door,
        took: Callable[[Any], None],
        happened: Happened,
        between: float = BETWEEN,
    ) -> None:
        """``between``: seconds between two of us who join."""
        self._known, self._wire, self._door = known, wire, door
        self._took, self._happened = took, happened
        self._between = between
        self._count, self._failed = 0, 0
        self._joined: deque[float] = deque(maxlen=100)
        self.client: Client | None = None

    @property
    def connected(self) -> bool:
        ours = self._known.shards.ids or range(self._count)
        return bool(self._count) and set(ours) <= self._happened.there

    def guild(self, id: str) -> discord.Guild | None:
        """A server as the gateway last told of it; None where it told of none."""
        client = self.client
        return client.get_guild(int(id)) if client and _is_id(id) else None

    def named(self, id: str) -> str:
        found = self.guild(id)
        return (found.name or "") if found else ""

    def is_ours(self, id: str) -> bool:
        """Whether all that is told of a server is told to this process, and we are connected: then one
        that was not told of is none of ours."""
        if not self.connected or not _is_id(id):
            return False
        ours = self._known.shards.ids or range(self._count)
        return (int(id) >> 22) % self._count in ours

    async def run(self) -> None:
        """Until cancelled. Raises CannotStart."""
        first, loop = min(FIRST_PAUSE, self._between) or 0.01, asyncio.get_running_loop()
        pause = first
        while True:
            began = loop.time()
            await self._door.guarded(self._guarded, CannotStart)
            if loop.time() - began > LONGEST_PAUSE:
                pause, self._failed = first, 0
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _guarded(self) -> None:
        try:
            await self._once()
        except discord.LoginFailure:
            raise CannotStart(_wrong(4004)) from None
        except discord.PrivilegedIntentsRequired:
            raise CannotStart(_wrong(4014)) from None
        except discord.ConnectionClosed as closed:
            if closed.code in FOR_GOOD:
                raise CannotStart(_wrong(closed.code)) from None
            self._ended(str(closed.code))
        except Refusal as no:
            if no.status == HTTPStatus.UNAUTHORIZED:
                raise CannotStart(_wrong(4004)) from None
            self._ended(f"{no.status} {no.code}")
        except (Away, Limited, *ENDS) as why:
            self._ended(type(why).__name__)

    def _ended(self, why: str) -> None:
        """Once may happen; twice in a row is told, once for each such time."""
        self._failed += 1
        if self._failed == 2:
            self._door.warned(PLATFORM, "gateway", why)

    async def _once(self) -> None:
        """One client, until it ends."""
        count, url = await self._asked()
        self._count = self._known.shards.count or count
        discord.shard.DiscordWebSocket = Plain  # type: ignore[misc]  # whom the library asks for one
        Plain.DEFAULT_GATEWAY = yarl.URL(self._known.gateway_url or url)
        ids = self._known.shards.ids
        client = Client(self._took, self._happened, self._waits, self._count, ids)
        self.client = client
        talk = asyncio.create_task(client.start(self._known.token.get_secret_value()))
        try:
            await asyncio.wait({talk})
        finally:
            self._happened.there.clear()
            await client.close()
            await _over(talk)
        talk.result()

    async def _asked(self) -> tuple[int, str]:
        """How many shards Discord recommends, and where its gateway is; once we may join. Raises Away,
        Limited, Refusal."""
        told = await self._wire.call("GET", "/gateway/bot")
        limit = told.get("session_start_limit") or {}
        if int(limit.get("remaining", 1)) < 1:
            await asyncio.sleep(float(limit["reset_after"]) / 1000)
        return int(told.get("shards", 1)), str(told.get("url") or GATEWAY)

    async def _waits(self, shard: int) -> None:
        """Until it is our turn to join."""
        now = asyncio.get_running_loop().time()
        lately = sum(at > now - 3600 for at in self._joined)
        allowed = OFTEN + 2 * self._count
        longer = 2.0 ** min(max(0, lately - allowed), 10)
        if self._joined:
            await asyncio.sleep(min(self._between * longer, LONGEST_BETWEEN))
        self._joined.append(asyncio.get_running_loop().time())


async def _over(talk: "asyncio.Task[None]") -> None:
    """Told until it is: the library passes over a cancellation in the midst of connecting again."""
    while not talk.done():
        talk.cancel()
        await asyncio.wait({talk}, timeout=0.1)


def _is_id(id: str) -> bool:
    """Whether it is a number of up to 64 bits."""
    return id.isdecimal() and len(id) <= 20


def _wrong(code: int) -> str:
    return f"Discord {FOR_GOOD[code]}."
