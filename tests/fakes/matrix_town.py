"""A community on a real homeserver, or on several: its places, its people, and the bot among them.

The core's clock is moved by hand, as in every world; what people and the bot say to each other goes
over the homeserver, encrypted. The seeded community has its places there beside its sandbox one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.chance import SystemChance
from adapters.matrix.account import Account
from adapters.matrix.app import MatrixPlatform
from bot import ports
from bot.domain.communities import Community, Trust
from bot.settings import CannotStart, Matrix, MatrixAccount
from tests.fakes.matrix_people import WAITS, Crowd
from tests.fakes.matrix_place import Place, gathered
from tests.fakes.matrix_talk import Watched
from tests.fakes.sides import world_of
from tests.fakes.synapse import PASSWORD
from tests.fakes.world import CODE as CODE
from tests.fakes.world import MONDAY, US, HandClock, World, folders

SETTLED = timedelta(days=16)  #: after people came into the rooms: long enough to be counted


def settled() -> datetime:
    """When whoever comes into a room today has been a member long enough to be counted: since when
    they are is the homeserver's own time. What is not used for so long the bot forgets: then whoever
    has a talk begins a new one the next day."""
    return (datetime.now(UTC) + SETTLED).replace(second=0, microsecond=0)


@dataclass
class Town(Place):
    """The first of its places, and all the rest. ``beyond``: further places; ``makes``: the bot's
    part on Matrix, as a process has it; ``wrong``: why it gave up, if it did."""

    world: World
    beyond: Sequence[Place]
    makes: Callable[[], MatrixPlatform]
    platform: MatrixPlatform
    wrong: list[CannotStart] = field(default_factory=list)
    serving: AsyncExitStack = field(default_factory=AsyncExitStack)

    def account(self) -> Account:
        """The bot's, as it is put together now."""
        return self.platform.post.accounts["main"]

    async def joined(self) -> set[str]:
        """All rooms that the bot is in."""
        return await self.account().rooms.joined()

    def known_rooms(self) -> set[str]:
        """Those in which it is alone with somebody, as far as it remembers."""
        return set(self.account().directs.known())

    async def tidy(self) -> None:
        """What has ended is taken back now, not within a minute."""
        await self.account().listening.tidy()

    async def until(self, so: Callable[[], Any]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(WAITS):
            while not so():
                await asyncio.sleep(0.02)

    async def begin(self) -> None:
        """The bot's process begins, and is there."""
        door: Any = self.watched
        await self.serving.enter_async_context(self.platform.serve(door, self.wrong.append))
        await self.until(self.platform.post.connected)

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """The process ends; at the end of the block another goes on from what was kept."""
        await self.serving.aclose()
        yield
        self.platform = self.makes()
        posts: Any = self.world.bot.posts  # the core's own part of the process stays
        posts["matrix"] = self.platform.post
        await self.begin()

    async def restart(self) -> None:
        async with self.away():
            pass

    async def monday(self) -> None:
        """Time passes until the next one, 07:30, with all that is due on the way."""
        now = self.world.clock.at
        monday = (now + timedelta(days=7 - now.weekday())).replace(hour=7, minute=30)
        await self.world.live(seconds=(monday - now).total_seconds())


class Homes:
    """The side that places on homeservers are of a world, their people in them already."""

    def __init__(self, places: Sequence[Place], folder: Path, clock: HandClock, url: str) -> None:
        self.first, *self._others = places
        self._keys, self._clock = folders(folder).keys, clock
        self._known = _known(self.first, self._others, folder / "matrix", url)
        self._made: list[MatrixPlatform] = []
        self._memory: list[ports.OpenWork] = []

    def makes(self) -> MatrixPlatform:
        """The bot's part on Matrix, as a process has it."""
        return MatrixPlatform(
            self._known, self._keys, US, self._clock, SystemChance(), self._memory[0]
        )

    def beside(self, open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        self._memory.append(open_work)
        self._made.append(self.makes())
        return {"matrix": self._made[0].post}

    def change(self, seeded: Community) -> Community:
        for one in (self.first, *self._others):
            seeded = one.change(seeded)
        return seeded

    @asynccontextmanager
    async def opened(self, world: World) -> AsyncIterator[Town]:
        """The bot is in all rooms there."""
        more: Any = {"beyond": self._others, "makes": self.makes, "platform": self._made[0]}
        town = Town(**vars(self.first), world=world, **more)
        watched = Watched(world.bot.door)
        for one in (town, *self._others):
            one.watched = watched
        async with AsyncExitStack() as ends:
            ends.push_async_callback(town.serving.aclose)
            await town.begin()
            for one in (town, *self._others):
                await one.asks_the_bot_in()
                for room in one.rooms:
                    await one.watched.done(room)
                for person in one.people.values():
                    await person.sync()
                    await person.sync()
            yield town


async def homes_on(
    crowd: Crowd, folder: Path, clock: HandClock, url: str = "", beyond: Sequence[Crowd] = ()
) -> Homes:
    """For what is handed in see ``town_on``."""
    return Homes([await gathered(one) for one in (crowd, *beyond)], folder, clock, url)


@asynccontextmanager
async def town_on(
    crowd: Crowd,
    folder: Path,
    url: str = "",
    *,
    begins: datetime = MONDAY,
    log: ports.Log | None = None,
    charts: ports.Charts | None = None,
    beyond: Sequence[Crowd] = (),
    trust: Trust = Trust.NEUTRAL,
) -> AsyncIterator[Town]:
    """Open for everything, its staff verified; the bot is in its rooms. ``url``: where the bot looks
    for the homeserver; ``beyond``: people on others, where it has a place, too; ``trust``: of its
    first place."""
    clock = HandClock(begins)
    side = await homes_on(crowd, folder, clock, url, beyond)
    side.first.trust = trust
    async with (
        world_of(folders(folder), clock, side, log=log, charts=charts) as world,
        side.opened(world) as town,
    ):
        yield town


def _known(first: Place, others: Sequence[Place], state: Path, url: str) -> Matrix:
    """The bot's accounts, as the settings would tell them."""
    accounts = {
        f"place-{n}": MatrixAccount(
            homeserver=one.synapse.url, user_id=one.bot, password=PASSWORD, state_dir=state
        )
        for n, one in enumerate(others, 2)
    }
    return Matrix(
        homeserver=url or first.synapse.url,
        user_id=first.bot,
        password=PASSWORD,
        state_dir=state,
        accounts=accounts,
    )
