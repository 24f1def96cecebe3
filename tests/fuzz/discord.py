"""Discord: what its gateway says, as text: what people do, and what happens to servers. The buttons that
are pressed and the modals that are handed in are those that the bot showed before, as this Discord
holds them. discord.py's own socket reads it, as in the program.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from adapters.discord import incoming
from adapters.discord.events import Events
from adapters.discord.gateway import ENDS
from adapters.discord.gateway import Client as Library
from adapters.discord.taming import tame
from adapters.discord.wire import Wire
from bot.domain.communities import Trust
from tests.fakes.acts import STORY
from tests.fakes.discord import answers as routes
from tests.fakes.discord.errors import ApiError
from tests.fakes.discord.fields import put
from tests.fakes.discord.interactions import COMMAND, COMPONENT, SUBMIT, Interaction
from tests.fakes.discord.parts import BUTTON, INPUT, inner
from tests.fakes.discord.places import Channel, User
from tests.fakes.discord.rest import PREFIX, Ask
from tests.fakes.discord.town import Town
from tests.fakes.discord_week import Clubhouse, known_for
from tests.fakes.sides import world_of
from tests.fakes.world import HandClock, folders
from tests.fuzz.bending import Draw, bent, one_of, words
from tests.fuzz.feeding import Target
from tests.fuzz.hasty import at_once, settled
from tests.fuzz.hearing import MARK, Ear
from tests.fuzz.people import People
from tests.fuzz.wires import Client

CHANNEL = ("CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE", "THREAD_CREATE")
HELLO = 10  #: would begin a thread of the library's; nothing of ours reads it


class Club(People):
    def __init__(self, world: Any, town: Town, side: Clubhouse) -> None:
        super().__init__(world)
        self._town, self._side, self._number = town, side, 0
        self._users = list(side.users.values())
        self._hands = {one.id: town.hand(one, side.rooms[0]) for one in self._users}
        self.socket: DiscordWebSocket
        self.line: Client
        self.events: Events

    # What comes ----------------------------------------------------------------------------------

    def make(self, draw: Draw) -> Any:
        """The text of a payload."""
        kind, told = self._told(draw)
        self._number += 1
        payload: Any = {"op": 0, "s": self._number, "t": kind, "d": told}
        payload = bent(draw, payload) if draw(2) else payload
        if isinstance(payload, dict) and payload.get("op") == HELLO:
            payload["op"] = 0
        text = json.dumps(payload)
        if draw(16) == 0:
            at = draw(len(text) + 1)
            text = text[:at] + one_of(draw, ("", "[" * 90_000, "\0", ",", '"')) + text[at + 9 :]
        return text

    def _told(self, draw: Draw) -> tuple[str, Any]:
        guild, kind = self._side.guild, draw(16)
        if kind == 0:
            return "GUILD_CREATE", guild.created()
        if kind == 1:
            return "GUILD_DELETE", {"id": guild.id} | ({"unavailable": True} if draw(2) else {})
        if kind == 2:
            return one_of(draw, CHANNEL), self._side.rooms[0].told()
        if kind == 3:
            told = guild.created()
            return "GUILD_UPDATE", told
        return "INTERACTION_CREATE", self._done(draw).told()

    def _done(self, draw: Draw) -> Interaction:
        user = one_of(draw, self._users)
        room = one_of(draw, (self._side.rooms[0], self._town.direct(user)))
        screen = self._hands[user.id].screen
        kind = draw(10)
        if screen.modal and kind < 6:
            _fill(draw, screen.modal)
            by = screen.modal.by
            one = self._act(SUBMIT, user, by.channel, screen.modal.sent(), by.message)
            one.before = by
            return self._town.interactions.new(one)
        seen = [one for one in (*room.whispers, *room.messages) if one.to in ("", user.id)][-3:]
        if seen and kind < 8:
            return self._pressed(draw, user, room, seen)
        name = one_of(draw, self.typed)
        data = {"id": "1", "name": name, "type": 1, "options": []}
        if draw(2):
            said = one_of(draw, self.words) if draw(2) else words(draw)
            data["options"] = [{"name": "what", "type": 3, "value": said}]
        return self._town.interactions.new(self._act(COMMAND, user, room, data))

    def _pressed(self, draw: Draw, user: User, room: Channel, seen: list[Any]) -> Interaction:
        message = one_of(draw, seen)
        ids = [one["custom_id"] for one in inner(message.data["components"]) if "custom_id" in one]
        id = (
            one_of(draw, ids) if ids and draw(5) else f"{one_of(draw, self.commands)}:{words(draw)}"
        )
        data = {"component_type": BUTTON, "id": 1, "custom_id": id}
        return self._town.interactions.new(self._act(COMPONENT, user, room, data, message))

    def _act(
        self, kind: int, user: User, room: Channel, data: Any, message: Any = None
    ) -> Interaction:
        screen = self._hands[user.id].screen
        owners = {"0": self._side.guild.id}
        return Interaction(self._town, kind, user, room, screen, data, owners, message)

    async def feed(self, one: Any) -> None:
        await self.another_day()
        before = asyncio.all_tasks()
        with suppress(ReconnectWebSocket, *ENDS):  # of what the next connection makes good
            await self.socket.received_message(one)
        await settled(before)
        while not self.events._waiting.empty():
            await self.door.guarded(self.events._waiting.get_nowait())
        if self._number % 200 == 0:
            self._tidy()

    def _tidy(self) -> None:
        for room in self._town.channels.values():
            room.messages[:], room.whispers[:] = room.messages[-20:], room.whispers[-20:]
        self._town.interactions.by_id.clear()

    # What is answered ----------------------------------------------------------------------------

    def answers(self, method: str, url: str, given: Any) -> tuple[int, Any]:
        path = url.partition(PREFIX)[2].strip("/").split("/")
        params = {"interaction": path[1], "application": path[1], "token": path[2]}
        params |= {"message": path[-1]}
        run = routes.first if path[0] == "interactions" else routes.edit
        try:
            return 200, at_once(run(Ask(self._town, params, {}, given, self.line.files)))
        except ApiError as no:
            return no.status, no.told()


def _fill(draw: Draw, modal: Any) -> None:
    for one in modal.fields:
        if draw(8) == 0:
            continue
        options = [each["value"] for each in one.get("options", ())]
        if one["type"] == INPUT:
            said: Any = one_of(draw, (STORY, f"{MARK} {STORY}", "3", words(draw)))
            modal.typed[one["custom_id"]] = said
        elif options:
            modal.typed[one["custom_id"]] = put(one, [one_of(draw, options)])


@asynccontextmanager
async def opened(ear: Ear, folder: Path) -> AsyncIterator[Club]:
    tame()
    town, clock = Town(within=1e9, beat=41.0, generous=1000, record=False), HandClock()
    side = Clubhouse(town, clock, Trust.NEUTRAL, 10**6, known_for(town))
    async with world_of(folders(folder), clock, side, log=ear) as world:
        platform, club = side.makes(), Club(world, town, side)
        client: Any = Client(lambda *asked: club.answers(*asked))
        club.line = client
        wire: Any = Wire(client, client, town.api_url)
        club.events = Events(world.bot.door, wire, ())

        def heard(told: Any) -> None:
            """What the library passes over, and ours must not need."""
            try:
                gateway._took(told)
            except Exception as what:
                ear.caught(what)

        gateway = platform._gateway(world.bot.door, wire, club.events, asyncio.Event())
        library = Library(heard, gateway._happened, gateway._waits, 1, ())
        await library._async_setup_hook()
        library._connection.user = discord.ClientUser(
            state=library._connection, data={**town.bot.told(), "discriminator": "0"}
        )
        gateway.client = library
        library._connection.shard_ids = [0]
        club.socket = socket = DiscordWebSocket(_Closed(), loop=asyncio.get_running_loop())  # type: ignore[arg-type]  # no line
        socket._discord_parsers = library._connection.parsers
        socket._dispatch, socket.shard_id = library.dispatch, 0
        yield club


class _Closed:
    """Where a socket would be: all that is written to it is gone."""

    closed = False

    async def close(self, **_: Any) -> None:
        """It stays as it is."""

    async def send_str(self, _: str) -> None:
        """Nobody reads it."""


def plant() -> AbstractContextManager[Any]:
    """Whoever thinks that what Discord should send it does send, and that it is short."""
    return patch.object(incoming, "_manages", lambda member: 1 << int(member["permissions"]) > 0)


DISCORD = Target("discord", opened, plant, anew=5000)
