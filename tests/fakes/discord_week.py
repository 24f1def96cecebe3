"""A community with a server on Discord beside its place in the sandbox, for whole journeys.

The core's clock is moved by hand; what people and the bot say to each other goes over the Discord of the
tests. Several tests share a town: each begins on a Monday of its own, an hour and a half before a slot.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from adapters.chance import SystemChance
from adapters.discord.app import DiscordPlatform
from adapters.discord.manifest import PERMISSIONS
from bot import ports
from bot.domain.communities import Account, Community, Role, RoomKind, Space, Trust
from bot.domain.grievances.receipts import RECEIPT
from bot.settings import CannotStart, Discord, Where
from bot.wiring import Bot, groundswell
from tests.fakes.discord import Channel, Guild, Hand, Impossible, discord_town, words_of
from tests.fakes.discord import Town as Server
from tests.fakes.sides import world_of
from tests.fakes.world import US, HandClock, World, folders

STORY = "The pager goes off most nights and nobody gets the next morning off."
ROLES = {"rep": Role.REP, "organiser": Role.ORGANISER, "moderator": Role.MODERATOR}
PEOPLE = ("worker", "colleague", *ROLES)
WAITS = 10.0
BUSY = "Nothing was done; please press again in a minute."
AGAIN = "Open it"  #: and the button for it, which has all that was typed
SOON = 0.2  #: seconds until somebody presses again
FORM = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}

Json = dict[str, Any]
Act = Callable[[], Awaitable[Any]]


@dataclass
class Person:
    """Somebody at their Discord."""

    hand: Hand
    room: Channel
    town: "Town"

    @property
    def sees(self) -> str:
        """All words of the modal that is open, else of what was last said where they are."""
        if self.hand.modal is not None:
            data = self.hand.modal
            return "\n".join([data["title"], *map(read, words_of(data["components"]))])
        last = self.hand.all(self.hand.room)[-1:]
        return words(last[0].data) if last else ""

    @property
    def receipt(self) -> str:
        (found,) = set(RECEIPT.findall(self.sees))
        return str(found)

    async def types(self, command: str, word: str = "", room: Channel | None = None) -> str:
        """A command, in the room that everybody reads unless told; what they then see."""
        said = {"what": word} if word else {}
        typed = partial(self.hand.types, command, room or self.room, **said)
        return await self._does(typed, typed)

    async def presses(self, button: str) -> str:
        return await self._does(partial(self.hand.presses, button))

    async def submits(self, **answers: Any) -> str:
        while True:
            said = await self._does(partial(self.hand.submits, answers))
            if self.hand.modal is None or self.hand.errors:
                return said
            answers = {}  # it is open once more, with all that was typed

    async def _does(self, act: Act, again: Act | None = None) -> str:
        """Who is told that the bot has too much to do does it once more, by the button for it unless
        told: a slow machine is no defect."""
        while True:
            seen = await act()
            assert not seen.trouble, seen.trouble
            if not any(BUSY in words(one) for one in (*seen.whispers, *seen.messages)):
                return "\n".join(seen.errors.values()) or self.sees
            await asyncio.sleep(SOON)
            act = again or partial(self.hand.presses, AGAIN)

    async def hears(self, said: str) -> str:
        """What the bot wrote to them alone, once these words are in it."""
        await self.hand.until(lambda: [one for one in self.heard() if said in one], WAITS)
        return [one for one in self.heard() if said in one][-1]

    def heard(self) -> list[str]:
        return [read(one) for one in self.hand.heard()]


@dataclass
class Town:
    """``general``: the bulletin room; ``reps``, ``organisers``: theirs. ``wrong``: why the bot gave up,
    if it did."""

    world: World
    server: Server
    guild: Guild
    general: Channel
    reps: Channel
    organisers: Channel
    makes: Callable[..., DiscordPlatform]
    platform: DiscordPlatform
    wrong: list[CannotStart] = field(default_factory=list)
    serving: AsyncExitStack = field(default_factory=AsyncExitStack)

    def person(self, name: str, at: Channel | None = None) -> Person:
        """Somebody, in the room that everybody reads; new where nobody of that name was there."""
        user = self.server.user(name)
        self.guild.joins(user)
        return Person(self.server.hand(user, at or self.general), at or self.general, self)

    async def begin(self) -> None:
        served = self.platform.serve(self.world.bot.door, self.wrong.append)
        await self.serving.enter_async_context(served)
        async with asyncio.timeout(WAITS):
            while not (self.platform.post.connected() or self.wrong):
                await asyncio.sleep(0.01)
            while not (self.server.commands or self.wrong):
                await asyncio.sleep(0.01)

    async def restart(self) -> None:
        """The process ends, and another goes on from what was kept."""
        await self.serving.aclose()
        self.platform = self.makes()
        posts: Any = self.world.bot.posts  # the core's own part of the process stays
        posts["discord"] = self.platform.post
        await self.begin()

    @asynccontextmanager
    async def another_process(self, **known: Any) -> AsyncIterator[Bot]:
        """One more bot on the same databases. ``known``: its settings of [discord], where they differ."""
        world, made = self.world, list[DiscordPlatform]()

        def beside(open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
            made.append(self.makes(open_work, **known))
            return {"discord": made[0].post}

        posts = {name: one for name, one in world.bot.posts.items() if name != "discord"}
        of = (world.where, US, posts, world.clock, world.chance, world.log)
        more: Json = {"room_delay": timedelta(0), "charts": world.charts}
        async with (
            groundswell(*of, beside=beside, **more) as another,
            made[0].serve(another.door, self.wrong.append),
        ):
            assert made[0].post.connected()
            world.others.append(another)
            yield another
            world.others.remove(another)

    def tomorrow(self) -> None:
        """A day passes, in which nothing of what is due happens; nothing that was said is seen."""
        self.world.clock.move(timedelta(days=1))
        self.forgets()

    def forgets(self) -> None:
        for room in self.server.channels.values():
            room.messages.clear()
            room.whispers.clear()

    async def monday(self) -> None:
        """Time passes until the next one, 07:30, with all that is due on the way."""
        now = self.world.clock.at
        monday = (now + timedelta(days=7 - now.weekday())).replace(hour=7, minute=30)
        await self.world.live(seconds=(monday - now).total_seconds())
        self.forgets()

    def day(self, days: int = 0, at: str = "09:00") -> str:
        """So many days from now, as it is told."""
        then = self.world.clock.at + timedelta(days=days)
        return f"{then:%A} {then.day} {then:%B}, {at} (UTC)"


def words(message: Json) -> str:
    """All that somebody reads in a message."""
    return "\n".join(read(one) for one in words_of(message["components"]))


def read(text: str) -> str:
    """Words as Discord shows them: without the marks that are none of theirs."""
    shown = re.sub(r"^### ", "", text, flags=re.MULTILINE)
    shown = re.sub(r"(?<!\\)\*\*|^```$\n?", "", shown, flags=re.MULTILINE)
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", shown)


def known_for(server: Server, **more: Any) -> Discord:
    told: Json = {"token": server.token, "api_url": server.api_url}
    return Discord(**told | {"gateway_url": server.gateway_url} | more)


class Clubhouse:
    """The side that a server on Discord is of a world, the community's people in it. ``known``: settings
    of [discord]; ``most``: acts under way at once; ``nth``: of those with a role, whose account it is;
    ``shard``: which, of how many, hears of the server."""

    def __init__(
        self,
        server: Server,
        clock: HandClock,
        trust: Trust,
        most: int,
        known: Discord,
        nth: int = 0,
        shard: tuple[int, int] = (0, 1),
    ) -> None:
        self.server, self.known = server, known
        self._clock, self._trust, self._most, self._nth = clock, trust, most, nth
        self.guild = server.guild("Harbour", may=PERMISSIONS, shard=shard)
        self.users = {name: server.user(name) for name in PEOPLE}
        for user in self.users.values():
            self.guild.joins(user)
        self.rooms = (
            self.guild.channel("general"),
            self.guild.channel("reps", members=(self.users["rep"],)),
            self.guild.channel("organisers", members=(self.users["organiser"],)),
        )
        self._memory: list[ports.OpenWork] = []
        self._first: list[DiscordPlatform] = []

    def makes(self, open_work: ports.OpenWork | None = None, **other: Any) -> DiscordPlatform:
        """The bot's part on Discord, as a process has it. ``other``: settings of [discord]."""
        of = (self._clock, SystemChance(), open_work or self._memory[0])
        known = Discord.model_validate(self.known.model_dump() | other)
        return DiscordPlatform(known, US, *of, between=0.0, most=self._most, after=0.0)

    def beside(self, open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        self._memory.append(open_work)
        self._first.append(self.makes())
        return {"discord": self._first[0].post}

    def change(self, seeded: Community) -> Community:
        rooms = dict(zip(RoomKind, (one.id for one in self.rooms), strict=True))
        of = ("on-discord", "discord", self.guild.id, "Harbour on Discord", self._trust)
        staff = list(seeded.staff)
        for name, role in ROLES.items():
            have = [n for n, one in enumerate(staff) if role in one.roles]
            at = have[min(self._nth, len(have) - 1)]
            account = Account("discord", self.users[name].id)
            staff[at] = replace(staff[at], accounts=(*staff[at].accounts, account))
        spaces = (*seeded.spaces, Space(*of, rooms=rooms))
        return replace(seeded, staff=tuple(staff), spaces=spaces)

    @asynccontextmanager
    async def opened(self, world: World, *, began: bool = True) -> AsyncIterator[Town]:
        town = Town(world, self.server, self.guild, *self.rooms, self.makes, self._first[0])
        async with AsyncExitStack() as ends:
            ends.push_async_callback(town.serving.aclose)
            if began:
                await town.begin()
            yield town


@asynccontextmanager
async def clubhouse_on(
    clock: HandClock,
    *,
    trust: Trust = Trust.NEUTRAL,
    most: int = 100,
    within: float = 3.0,
    nth: int = 0,
    shard: tuple[int, int] = (0, 1),
    **more: Any,
) -> AsyncIterator[Clubhouse]:
    """``nth``: see Clubhouse; for what else is handed in see ``town_on``."""
    async with discord_town(generous=1000, within=within) as server:
        yield Clubhouse(server, clock, trust, most, known_for(server, **more), nth, shard)


@asynccontextmanager
async def town_on(
    folder: Path, *, began: bool = True, where: Where | None = None, **more: Any
) -> AsyncIterator[Town]:
    """Open for everything, its staff with accounts on Discord.

    ``where``: on SQLite in the folder unless told. ``began``: whether the bot runs. ``more``:
    ``trust``; ``most``: acts under way at once; ``within``: seconds that Discord waits; ``shard``: see
    Clubhouse; and settings of [discord]."""
    clock = HandClock()
    async with (
        clubhouse_on(clock, **more) as side,
        world_of(where or folders(folder), clock, side) as world,
        side.opened(world, began=began) as town,
    ):
        yield town


__all__ = ["FORM", "RECEIPT", "STORY", "Impossible", "Person", "Town", "read", "town_on", "words"]
