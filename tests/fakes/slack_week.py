"""A community with a workspace on Slack beside its place in the sandbox, for whole journeys.

The core's clock is moved by hand; what people and the bot say to each other goes over the Slack of the
tests, by socket or by HTTP. Several tests share a town: each begins on a Monday of its own, an hour
and a half before a slot.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
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
from tests.fakes.slack import Channel, Hand, Impossible, User, Workspace, slack_town
from tests.fakes.slack import Town as Server
from tests.fakes.world import US, HandClock, World, folders, new_world

RECEIPT = re.compile(r"[0-9A-HJKMNP-TV-Z]{7}(?:-[0-9A-HJKMNP-TV-Z]{7}){2}")
STORY = "The pager goes off most nights and nobody gets the next morning off."
ROLES = {"rep": Role.REP, "organiser": Role.ORGANISER, "moderator": Role.MODERATOR}
PEOPLE = ("worker", "colleague", *ROLES)
TEAM = "T0HARBOUR"
WAITS = 10.0
FORM = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}

Json = dict[str, Any]


@dataclass
class Person:
    """Somebody at their Slack."""

    hand: Hand
    room: Channel

    @property
    def view(self) -> Json:
        assert self.hand.view is not None, "no modal is open"
        return self.hand.view

    @property
    def sees(self) -> str:
        """All words of the modal on top."""
        return words(self.view)

    @property
    def receipt(self) -> str:
        (found,) = set(RECEIPT.findall(self.sees))
        return str(found)

    async def types(self, command: str, behind: str = "", room: Channel | None = None) -> str:
        """A command, in the room that everybody reads unless told; what the modal then says."""
        await self.hand.command(command, behind, room or self.room)
        return await self.answered()

    async def presses(self, button: str, **more: Any) -> str:
        before = self.hand.view
        await self.hand.press(button, **more)
        return await self.answered(before)

    async def submits(self, **answers: Any) -> str:
        before = self.hand.view
        await self.hand.submit(answers)
        return await self.answered(before)

    async def answered(self, before: Json | None = None) -> str:
        """Once the bot has said something other than to wait."""

        def there() -> bool:
            if self.hand.trouble or self.hand.errors:
                return True
            view = self.hand.view
            return view is not None and "One moment" not in words(view) and view != before

        await self.hand.until(there, WAITS)
        assert not self.hand.trouble, self.hand.trouble
        return "\n".join(self.hand.errors.values()) or self.sees

    async def hears(self, said: str) -> str:
        """What the bot wrote to them alone, once these words are in it."""
        found = await self.hand.until(
            lambda: [m for m in self.hand.directs if said in words(m)], WAITS
        )
        return words(found[-1])

    def heard(self) -> list[str]:
        return [words(one) for one in self.hand.directs]


@dataclass
class Town:
    """``general``: the bulletin room; ``reps``, ``organisers``: theirs. ``wrong``: why the bot gave up,
    if it did."""

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
        if self.platform.address:
            self.server.listen_http(f"{self.platform.address}/slack/events")

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
        world, made = self.world, list[SlackPlatform]()

        def beside(open_work: ports.OpenWork) -> dict[str, ports.Post]:
            made.append(self.makes(open_work))
            return {"slack": made[0].post}

        posts = {name: one for name, one in world.bot.posts.items() if name != "slack"}
        of = (world.where, US, posts, world.clock, world.chance, world.log)
        async with (
            groundswell(*of, room_delay=timedelta(0), beside=beside) as second,
            made[0].serve(second.door, self.wrong.append),
        ):
            both = (self.platform.address, made[0].address)
            self.server.listen_http(*(f"{one}/slack/events" for one in both))
            yield second

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


def words(shown: Any) -> str:
    """All that somebody reads in a view or a message, a piece a line; what is typed in, too."""
    return "\n".join(_words(shown))


def _words(shown: Any) -> Iterator[str]:
    if isinstance(shown, list):
        for one in shown:
            yield from _words(one)
    if not isinstance(shown, dict):
        return
    if isinstance(shown.get("text"), str):
        yield shown["text"].strip("*") if shown.get("type") == "mrkdwn" else shown["text"]
    if isinstance(shown.get("initial_value"), str):
        yield shown["initial_value"]
    for key, one in shown.items():
        if key not in ("private_metadata", "state", "metadata"):
            yield from _words(one)


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


@asynccontextmanager
async def town_on(
    folder: Path,
    mode: str,
    *,
    trust: Trust = Trust.NEUTRAL,
    silence: float = 60.0,
    most: int = 100,
    began: bool = True,
    many: bool = False,
    where: Where | None = None,
    **more: Any,
) -> AsyncIterator[Town]:
    """``where``: on SQLite in the folder unless told. ``many``: of workspaces, each of which lets the bot in by OAuth; the community's has not yet.
    Open for everything, its staff with accounts on Slack; ``silence``: of a socket, after which it
    is opened anew; ``most``: acts under way at once; ``began``: whether the bot runs; ``more``: settings of [slack]."""
    async with slack_town(burst=1000, ping_every=0.05) as server:
        space = server.workspace(TEAM, name="Harbour")
        users = {name: space.user(name) for name in PEOPLE}
        general = space.channel("general", members=users.values())
        reps = space.channel("reps", members=[users["rep"]], private=True)
        organisers = space.channel("organisers", members=[users["organiser"]], private=True)
        rooms = dict(zip(RoomKind, (general.id, reps.id, organisers.id), strict=True))
        there, clock = spaces_of(space, trust, rooms), HandClock()
        if many:
            client = {"client_id": server.app.client_id, "client_secret": server.app.client_secret}
            more = {"bot_token": None, **client} | more
            await server.installing.revoke(space, tell=False)
            space.installed = False
        known = known_for(server, space, mode, **more)
        where, memory = where or folders(folder), list[ports.OpenWork]()

        def makes(open_work: ports.OpenWork | None = None) -> SlackPlatform:
            vault = FileVault(read_key_files(where.keys), SystemChance())
            of = (vault, clock, SystemChance(), open_work or memory[0])
            return SlackPlatform(
                known, Http(port=0), US, *of, between=0.0, silence=silence, most=most
            )

        platforms: list[SlackPlatform] = []

        def beside(open_work: ports.OpenWork) -> dict[str, ports.Post]:
            memory.append(open_work)
            platforms.append(makes())
            return {"slack": platforms[0].post}

        async with new_world(
            where, change=_with_accounts(users, there), beside=beside, clock=clock
        ) as world:
            asked = Speaker(Voice(), f"/{known.command_prefix}")
            url = "" if mode == "socket" else "https://bot.example.org"
            server.app.configure(manifest(world.bot.door.commands, asked, "Harbour bot", url))
            town = Town(world, server, space, general, reps, organisers, makes, platforms[0])
            async with AsyncExitStack() as ends:
                ends.push_async_callback(town.serving.aclose)
                if began:
                    await town.begin()
                yield town


def _with_accounts(users: dict[str, User], there: Space) -> Callable[[Community], Community]:
    def change(seeded: Community) -> Community:
        staff = list(seeded.staff)
        for name, role in ROLES.items():
            at = next(n for n, one in enumerate(staff) if role in one.roles)
            account = Account("slack", users[name].id, there.address)
            staff[at] = replace(staff[at], accounts=(*staff[at].accounts, account))
        return replace(seeded, staff=tuple(staff), spaces=(*seeded.spaces, there))

    return change


__all__ = ["FORM", "RECEIPT", "STORY", "Impossible", "Person", "Town", "json", "town_on", "words"]
