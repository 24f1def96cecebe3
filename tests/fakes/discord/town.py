"""A town: one Discord of our own on a port of this machine, with one app and any number of guilds.

Open it for one block of a test. When the block ends without an error, whatever the bot asked that
this Discord does not know is raised.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.fakes.discord import permissions
from tests.fakes.discord.faults import Faults
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.guilds import Guild
from tests.fakes.discord.hand import Hand
from tests.fakes.discord.interactions import Interactions
from tests.fakes.discord.mentions import pinged
from tests.fakes.discord.messages import Message
from tests.fakes.discord.moments import Moments
from tests.fakes.discord.pace import Pace
from tests.fakes.discord.places import DM, GROUP, Channel, Member, Role, User
from tests.fakes.discord.record import Body, Call, Moment, Record
from tests.fakes.discord.rest import PREFIX, Rest
from tests.fakes.discord.sockets import Socket

Json = dict[str, Any]


class Town(Moments):
    """``wrong``: what the bot did that this Discord does not know. ``pinged``: messages that called
    somebody. ``granted``: privileged intents that the app may ask for. ``files``: what was attached,
    by its id. ``shards``: how many Discord recommends; ``identify_every``: seconds (five on the real one)
    in which only so many (``concurrency``) may identify."""

    def __init__(self, *, within: float, beat: float, generous: int, record: bool) -> None:
        super().__init__()
        self.port = 0
        self.beat = beat
        self.faults, self.record = Faults(), Record(on=record)
        self.wrong: list[str] = []
        self.pinged: list[Message] = []
        self.unauthorised = self.beats = 0
        self.granted, self.shards, self.concurrency = 0, 1, 1
        self.identify_every = 0.0
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.commands: dict[str, Json] = {}
        self.creates: list[float] = []
        self.nonces: dict[str, tuple[float, Message | None]] = {}
        self.files: dict[str, bytes] = {}
        self.pace = Pace(self.now, generous)
        self.interactions, self.gateway = Interactions(self, within), Gateway(self)
        self.bot = User(self.snowflake(), "groundswell", bot=True)
        self.users[self.bot.id] = self.bot
        self.app_id = self.bot.id
        self.owner = self.user("operator")
        self.token = ""
        self.reset_token()

    # Who and what there is -----------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway/"

    @property
    def calls(self) -> list[Call]:
        return self.record.calls

    @property
    def bodies(self) -> list[Body]:
        return self.record.bodies

    @property
    def moments(self) -> list[Moment]:
        return self.record.moments

    def counted(self, route: str) -> int:
        """How often it was called."""
        return sum(one.route == route for one in self.calls)

    def reset_token(self) -> None:
        """All that was known by the old one ends."""
        self.token = (
            f"{secrets.token_urlsafe(18)}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
        )
        self.gateway.sessions.clear()
        here = [one for one in self.gateway.sockets if one.session is not None]
        self._ending = [asyncio.create_task(one.end(4004)) for one in here]

    def user(self, name: str, *, locale: str = "en-US", installed: bool = False) -> User:
        """The person of this name, made where there was none."""
        for one in self.users.values():
            if one.name == name:
                return one
        made = User(self.snowflake(), name, locale=locale, installed=installed)
        self.users[made.id] = made
        return made

    def guild(
        self,
        name: str = "Acme",
        *,
        owner: User | None = None,
        with_bot: bool = True,
        may: int = 0,
        shard: tuple[int, int] = (0, 1),
    ) -> Guild:
        """A new guild, the app installed in it or not; ``may``: what the bot may do there, besides
        what everybody may; ``shard``: which, of how many, hears of it."""
        owner, id = owner or self.owner, self.snowflake()
        while (int(id) >> 22) % shard[1] != shard[0]:
            id = self.snowflake()
        made = Guild(id, name, self, owner.id, with_bot=False)
        made.roles[made.id] = Role(made.id, "@everyone", permissions.USUAL)
        made.members[owner.id] = Member(owner)
        self.guilds[made.id] = made
        if with_bot:
            self.adds_bot(made, may)
        return made

    def adds_bot(self, guild: Guild, may: int = 0) -> None:
        role = Role(self.snowflake(), self.bot.name, may, managed=True)
        guild.roles[role.id] = role
        guild.members[self.bot.id] = Member(self.bot, [role.id])
        guild.with_bot = True
        self.gateway.tell(guild, "GUILD_CREATE", guild.created())

    def removes_bot(self, guild: Guild) -> None:
        """Somebody throws the app out."""
        self.gateway.tell(guild, "GUILD_DELETE", {"id": guild.id})
        guild.with_bot = False
        guild.members.pop(self.bot.id, None)

    def breaks_down(self, guild: Guild) -> None:
        """The guild is there and cannot be reached for a while."""
        self.gateway.tell(guild, "GUILD_DELETE", {"id": guild.id, "unavailable": True})

    def shares_guild(self, user: User) -> bool:
        return any(one.with_bot and user.id in one.members for one in self.guilds.values())

    def direct(self, user: User) -> Channel:
        """The bot's conversation with somebody."""
        for one in self.channels.values():
            if one.kind == DM and set(one.people) == {user, self.bot}:
                return one
        made = Channel(self.snowflake(), self, DM, people=[user, self.bot])
        self.channels[made.id] = made
        return made

    def between(self, *people: User) -> Channel:
        """A conversation that the bot is not in."""
        kind = DM if len(people) == 2 else GROUP
        made = Channel(self.snowflake(), self, kind, people=list(people))
        self.channels[made.id] = made
        return made

    def hand(self, user: User | str, at: Channel | None = None) -> Hand:
        return Hand(self, self.user(user) if isinstance(user, str) else user, at)

    # Messages ------------------------------------------------------------------------------------

    def posted(self, message: Message, allowed: Json | None) -> None:
        """A new message is where it belongs, and whom it calls is called."""
        here = message.channel
        (here.whispers if message.to else here.messages).append(message)
        self.record.moment("posted", message)
        message.pings = [] if message.to else pinged(here, message.data, allowed)
        if message.pings:
            self.pinged.append(message)
        if not message.to:
            self.gateway.message(here.guild, message.data)
        self.changed()

    def edited(self, message: Message) -> None:
        self.record.moment("edited", message)
        self.changed()

    def deleted(self, message: Message) -> None:
        self.record.moment("deleted", message)
        for kept in (message.channel.messages, message.channel.whispers):
            if message in kept:
                kept.remove(message)
        self.changed()

    # The server ----------------------------------------------------------------------------------

    async def joined(self, shards: int = 1, within: float = 10.0) -> None:
        """Wait until the bot is at the gateway."""
        await self.until(lambda: len(self.gateway.joined) >= shards, within)

    def routes(self) -> web.Application:

        async def join(asked: web.Request) -> web.StreamResponse:
            return await Socket(self, asked).live()

        async def attachment(asked: web.Request) -> web.StreamResponse:
            data = self.files.get(asked.match_info["id"])
            return web.Response(body=data) if data is not None else web.Response(status=404)

        @web.middleware
        async def loud(asked: web.Request, handler: Any) -> web.StreamResponse:
            """What breaks in here is no mere 500 for the bot: it fails the test."""
            try:
                answer: web.StreamResponse = await handler(asked)
            except Exception as why:
                if not isinstance(why, web.HTTPException | ConnectionError):
                    self.wrong.append(f"{asked.path} broke in the town: {why!r}")
                raise
            return answer

        app = web.Application(client_max_size=100 * 2**20, middlewares=[loud])
        app.router.add_route("*", f"{PREFIX}/{{path:.*}}", Rest(self).take)
        app.router.add_get("/gateway/", join)
        app.router.add_get("/attachments/{channel}/{id}/{name}", attachment)
        return app


@asynccontextmanager
async def discord_town(
    *,
    within: float = 3.0,
    beat: float = 41.25,
    generous: int = 1,
    record: bool = True,
) -> AsyncIterator[Town]:
    """``within``: seconds that an answer is waited for; ``beat``: between heartbeats; ``generous``: the
    limits of how often one may call, times this; ``record``: keep calls and bodies."""
    town = Town(within=within, beat=beat, generous=generous, record=record)
    runner = web.AppRunner(town.routes(), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    town.port = runner.addresses[0][1]
    try:
        yield town
    finally:
        town.faults.silent = False
        await town.gateway.drop(1001)
        await runner.cleanup()
    if town.wrong:
        raise AssertionError("this Discord does not know: " + "; ".join(sorted(set(town.wrong))))
