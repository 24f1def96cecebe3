"""A community with a workspace on Slack beside its place in the sandbox, for whole journeys.

The core's clock is moved by hand; what people and the bot say to each other goes over the Slack of the
tests, by socket or by HTTP. Several tests share a town: each begins on a Monday of its own, an hour
and a half before a slot.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from adapters.chance import SystemChance
from adapters.slack.app import SlackPlatform
from adapters.slack.manifest import manifest
from adapters.vault import FileVault, read_key_files
from bot import ports
from bot.chat import Voice
from bot.domain.communities import Account, Community, Role, RoomKind, Space, Trust
from bot.settings import CannotStart, Http, Slack, Where
from bot.texts import Speaker
from bot.wiring import Bot, groundswell
from tests.fakes.sides import world_of
from tests.fakes.slack import Channel, Impossible, User, Workspace, slack_town
from tests.fakes.slack import Town as Server
from tests.fakes.slack_person import RECEIPT, WAITS, Person, words
from tests.fakes.world import US, HandClock, World, folders

STORY = "The pager goes off most nights and nobody gets the next morning off."
ROLES = {"rep": Role.REP, "organiser": Role.ORGANISER, "moderator": Role.MODERATOR}
PEOPLE = ("worker", "colleague", *ROLES)
TEAM = "T0HARBOUR"
FORM = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}

Json = dict[str, Any]


@dataclass
class Town:
    """``general``: the bulletin room; ``reps``, ``organisers``: theirs. ``wrong``: why the bot gave up,
    if it did; ``others``: what further processes have on Slack."""

    world: World
    server: Server
    space: Workspace
    general: Channel
    reps: Channel
    organisers: Channel
    makes: Callable[..., SlackPlatform]
    platform: SlackPlatform
    wrong: list[CannotStart] = field(default_factory=list)
    serving: AsyncExitStack = field(default_factory=AsyncExitStack)
    others: list[SlackPlatform] = field(default_factory=list)

    def person(self, name: str) -> Person:
        """Somebody, in the room that everybody reads; new where nobody of that name was there."""
        user = self.space.user(name)
        self.general.members.add(user.id)
        return Person(self.server.hand(user), self.general)

    async def begin(self) -> None:
        served = self.platform.serve(self.world.bot.door, self.wrong.append)
        await self.serving.enter_async_context(served)
        async with asyncio.timeout(WAITS):
            while not (self.platform.post.connected() or self.wrong):
                await asyncio.sleep(0.01)
        self._stands_behind_one_address()

    async def restart(self) -> None:
        """The process ends, and another goes on from what was kept."""
        await self.serving.aclose()
        self.platform = self.makes()
        posts: Any = self.world.bot.posts  # the core's own part of the process stays
        posts["slack"] = self.platform.post
        await self.begin()

    @asynccontextmanager
    async def another_process(self) -> AsyncIterator[Bot]:
        """A second bot on the same databases, behind the same address: every next request is its."""
        world, made = self.world, self.others

        def beside(open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
            made.append(self.makes(open_work))
            return {"slack": made[0].post}

        posts = {name: one for name, one in world.bot.posts.items() if name != "slack"}
        of = (world.where, US, posts, world.clock, world.chance, world.log)
        more = {"room_delay": timedelta(0), "charts": world.charts}
        async with (
            groundswell(*of, beside=beside, **more) as second,  # type: ignore[arg-type]  # as new_world has it
            made[0].serve(second.door, self.wrong.append),
        ):
            self._stands_behind_one_address()
            world.others.append(second)
            yield second
            world.others.clear()
        made.clear()

    def _stands_behind_one_address(self) -> None:
        every = [one.address for one in (self.platform, *self.others)]
        if every[0]:
            self.server.listen_http(*(f"{one}/slack/events" for one in every))

    async def install(self, user: User) -> tuple[int, str]:
        """Somebody lets the bot into their workspace, in their browser; what the last page says."""
        async with aiohttp.ClientSession(self.platform.address) as browser:
            async with browser.get("/slack/install", allow_redirects=False) as asked:
                assert asked.status == 302
                consent = asked.headers["Location"]
                state = asked.cookies["groundswell_slack_state"].value
            async with self.server.session.get(
                f"{consent}&as={user.id}", allow_redirects=False
            ) as given:
                back = given.headers["Location"].partition("?")[2]
            cookies = {"groundswell_slack_state": state}
            async with browser.get(f"/slack/oauth_redirect?{back}", cookies=cookies) as page:
                return page.status, await page.text()

    async def monday(self) -> None:
        """Time passes until the next one, 07:30, with all that is due on the way."""
        now = self.world.clock.at
        monday = (now + timedelta(days=7 - now.weekday())).replace(hour=7, minute=30)
        await self.world.live(seconds=(monday - now).total_seconds())
        for screen in self.server.screens.values():
            screen.stack.clear()
        for room in self.space.channels.values():
            room.messages.clear()
            room.ephemerals.clear()

    def day(self, days: int = 0, at: str = "09:00") -> str:
        """So many days from now, as it is told."""
        then = self.world.clock.at + timedelta(days=days)
        return f"{then:%A} {then.day} {then:%B}, {at} (UTC)"


def known_for(server: Server, space: Workspace, mode: str, **more: Any) -> Slack:
    """Settings for a town's app, by socket or by HTTP."""
    told: Json = {"mode": mode, "api_url": server.api_url, "bot_token": space.bot_token}
    if mode == "socket":
        told["app_token"] = space.app_token
    else:
        told["signing_secret"] = space.signing_secret
    return Slack(**told | more)


def spaces_of(space: Workspace, trust: Trust, rooms: dict[RoomKind, str]) -> Space:
    return Space("there", "slack", space.team, "Harbour on Slack", trust, rooms=rooms)


class Workplace:
    """The side that a workspace is of a world. ``mine``: whether it is the community's already, with
    accounts of its staff; else it is nobody's."""

    def __init__(
        self,
        server: Server,
        where: Where,
        clock: HandClock,
        *,
        trust: Trust = Trust.NEUTRAL,
        mine: bool = True,
        **more: Any,
    ) -> None:
        self.server, self.space = server, server.workspace(TEAM, name="Harbour")
        self.users = {name: self.space.user(name) for name in PEOPLE}
        self._where, self._clock, self._trust, self._mine = where, clock, trust, mine
        self._parts = {"between": 0.0} | more
        self._memory: list[ports.OpenWork] = []
        self._first: list[SlackPlatform] = []
        self.known: Slack | None = None
        general = self.space.channel("general", members=self.users.values())
        reps = self.space.channel("reps", members=[self.users["rep"]], private=True)
        organisers = self.space.channel(
            "organisers", members=[self.users["organiser"]], private=True
        )
        self.rooms = (general, reps, organisers)

    def makes(self, open_work: ports.OpenWork | None = None) -> SlackPlatform:
        """The bot's part on Slack, as a process has it."""
        assert self.known is not None
        vault = FileVault(read_key_files(self._where.keys), SystemChance())
        of = (vault, self._clock, SystemChance(), open_work or self._memory[0])
        return SlackPlatform(self.known, Http(port=0), US, *of, **self._parts)

    def beside(self, open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        self._memory.append(open_work)
        self._first.append(self.makes())
        return {"slack": self._first[0].post}

    def change(self, seeded: Community) -> Community:
        if not self._mine:
            return seeded
        rooms = dict(zip(RoomKind, (one.id for one in self.rooms), strict=True))
        there, staff = spaces_of(self.space, self._trust, rooms), list(seeded.staff)
        for name, role in ROLES.items():
            at = next(n for n, one in enumerate(staff) if role in one.roles)
            account = Account("slack", self.users[name].id, there.address)
            staff[at] = replace(staff[at], accounts=(*staff[at].accounts, account))
        return replace(seeded, staff=tuple(staff), spaces=(*seeded.spaces, there))

    @asynccontextmanager
    async def opened(self, world: World, *, began: bool = True) -> AsyncIterator[Town]:
        assert self.known is not None
        asked = Speaker(Voice(), f"/{self.known.command_prefix}")
        url = "" if self.known.mode == "socket" else "https://bot.example.org"
        self.server.app.configure(manifest(world.bot.door.commands, asked, "Harbour bot", url))
        town = Town(world, self.server, self.space, *self.rooms, self.makes, self._first[0])
        async with AsyncExitStack() as ends:
            ends.push_async_callback(town.serving.aclose)
            if began:
                await town.begin()
            yield town


@asynccontextmanager
async def workplace_on(
    where: Where,
    clock: HandClock,
    mode: str,
    *,
    trust: Trust = Trust.NEUTRAL,
    silence: float = 60.0,
    most: int = 100,
    many: bool = False,
    mine: bool = True,
    pictures: bool = False,
    **more: Any,
) -> AsyncIterator[Workplace]:
    """For what is handed in see ``town_on``."""
    async with slack_town(burst=1000, ping_every=0.05) as server:
        of: Json = {"trust": trust, "mine": mine, "silence": silence, "most": most}
        side = Workplace(server, where, clock, **of)
        if pictures:
            side.space.grant("files:write")
        if many:
            client = {"client_id": server.app.client_id, "client_secret": server.app.client_secret}
            more = {"bot_token": None, **client} | more
            await server.installing.revoke(side.space, tell=False)
            side.space.installed = False
        side.known = known_for(server, side.space, mode, **more)
        yield side


@asynccontextmanager
async def town_on(
    folder: Path, mode: str, *, began: bool = True, where: Where | None = None, **more: Any
) -> AsyncIterator[Town]:
    """Open for everything, its staff with accounts on Slack.

    ``where``: on SQLite in the folder unless told. ``began``: whether the bot runs. ``more``:
    ``trust``; ``mine``: else the workspace is nobody's yet; ``pictures``: it lets the bot show them;
    ``many``: of workspaces, each of which lets
    the bot in by OAuth, and the community's has not yet; ``silence``: of a socket, after which it is
    opened anew; ``most``: acts under way at once; and settings of [slack]."""
    where, clock = where or folders(folder), HandClock()
    async with (
        workplace_on(where, clock, mode, **more) as side,
        world_of(where, clock, side) as world,
        side.opened(world, began=began) as town,
    ):
        yield town


__all__ = ["FORM", "RECEIPT", "STORY", "Impossible", "Person", "Town", "town_on", "words"]
