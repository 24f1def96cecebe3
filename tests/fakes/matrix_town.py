"""A community on a real homeserver: its rooms, its people with clients of their own, and the bot.

The core's clock is moved by hand, as in every world; what people and the bot say to each other goes
over the homeserver, encrypted. The seeded community has a space there beside its sandbox one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adapters.chance import SystemChance
from adapters.matrix.account import Account as OurAccount
from adapters.matrix.app import MatrixPlatform
from bot import ports
from bot.domain.communities import Account, Community, Role, RoomKind, Space, Trust
from bot.settings import CannotStart, Matrix
from tests.fakes.matrix_people import WAITS, Crowd, Person
from tests.fakes.synapse import PASSWORD, Synapse
from tests.fakes.world import CODE as CODE
from tests.fakes.world import US, HandClock, World, folders, new_world


@dataclass
class Town:
    """``general``: the bulletin room; ``reps``: the staff room, both in the Matrix space ``space``."""

    world: World
    synapse: Synapse
    platform: MatrixPlatform
    bot: str
    space: str
    general: str
    reps: str
    people: dict[str, Person]
    crowd: Crowd
    wrong: list[CannotStart] = field(default_factory=list)
    serving: AsyncExitStack = field(default_factory=AsyncExitStack)

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """The adapter is stopped, and put together anew at the end of the block."""
        await self.serving.aclose()
        yield
        await self.comes_back()

    async def comes_back(self) -> None:
        serving = self.platform.serve(self.world.bot.door, self.wrong.append)
        await self.serving.enter_async_context(serving)
        await self.until(self.platform.post.connected)

    async def takes_in(self, person: Person, room: str = "") -> None:
        """Into the space, or a room of it."""
        room = room or self.space
        await self.people["moderator"].client.room_invite(room, person.user)
        await person.client.join(room)
        await person.until(lambda: room in person.client.rooms)

    def account(self) -> OurAccount:
        """The bot's, as it is put together now."""
        return self.platform.post.accounts["main"]

    async def joined(self) -> set[str]:
        """All rooms that the bot is in."""
        return await self.account().rooms.joined()

    def known_rooms(self) -> set[str]:
        """Those in which it is alone with somebody, as far as it remembers."""
        return set(self.account().directs.known())

    async def until(self, so: Callable[[], Any]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(WAITS):
            while not so():
                await asyncio.sleep(0.02)

    def talk(self, name: str) -> "Talk":
        return Talk(self, self.people[name])


@dataclass
class Talk:
    """Somebody alone with the bot, in a room they opened. ``read``: how much of what they heard they
    have read."""

    town: Town
    person: Person
    room: str = ""
    read: int = 0

    async def opens(self) -> str:
        """Gives what the bot says first."""
        self.room = await self.person.room_with(self.town.bot)
        return await self.hears()

    async def says(self, words: str, *, room: str = "") -> str:
        """Gives all that the bot answers in the talk."""
        await self.person.says(room or self.room, words)
        return await self.hears()

    async def lines(self, *words: str) -> str:
        """One after the other; gives the last answer."""
        said = ""
        for one in words:
            said = await self.says(one)
        return said

    async def hears(self, words: str = "") -> str:
        """What is new in the talk, once there is anything (with these words in it), and nothing has
        come after it for a moment."""

        def new() -> list[str]:
            theirs = [one for one in self.person.heard if one.sender == self.town.bot]
            return [one.body for one in theirs]

        await self.person.until(lambda: any(words in one for one in new()[self.read :]))
        count = -1
        while count != len(new()):
            count = len(new())
            await asyncio.sleep(0.05)
            await self.person.sync()
        said = new()[self.read :]
        self.read = len(new())
        return "\n\n".join(said)


PEOPLE = ("worker", "rep", "organiser", "moderator")
ROLES = {"rep": Role.REP, "organiser": Role.ORGANISER, "moderator": Role.MODERATOR}


@dataclass
class Gathered:
    """Its people in their places, before the bot comes. ``pins``: the keys by which staff is known."""

    space: str
    general: str
    reps: str
    people: dict[str, Person]
    pins: dict[str, str]

    def change(self, seeded: Community) -> Community:
        """The seeded community as it is there, too."""
        staff = list(seeded.staff)
        for name, role in ROLES.items():
            at = next(n for n, one in enumerate(staff) if role in one.roles)
            account = Account("matrix", self.people[name].user, proof=self.pins[name])
            staff[at] = replace(staff[at], accounts=(*staff[at].accounts, account))
        there = Space(
            "there",
            "matrix",
            self.space,
            "Harbour on Matrix",
            Trust.NEUTRAL,
            rooms={RoomKind.BULLETIN: self.general, RoomKind.STAFF: self.reps},
        )
        return replace(seeded, staff=tuple(staff), spaces=(*seeded.spaces, there))

    async def invite(self, bot: str) -> None:
        """Into all of their rooms."""
        host = self.people["moderator"]
        for room in (self.space, self.general, self.reps):
            await host.client.room_invite(room, bot)


async def gathered(crowd: Crowd) -> Gathered:
    people = {name: await crowd.comes(name) for name in PEOPLE}
    pins = {name: await people[name].signs() for name in ROLES}
    host = people["moderator"]
    everybody = [people[name].user for name in PEOPLE if name != "moderator"]
    space = await _made(host, "Harbour", everybody, space=True)
    general = await _made(host, "general", everybody, parent=space)
    reps = await _made(host, "reps", [people["rep"].user], parent=space)
    for person in people.values():
        await person.sync()
        for room in list(person.client.invited_rooms):
            await person.client.join(room)
    return Gathered(space, general, reps, people, pins)


@asynccontextmanager
async def town_on(
    synapse: Synapse,
    crowd: Crowd,
    folder: Path,
    url: str = "",
    *,
    clock: HandClock | None = None,
    log: ports.Log | None = None,
) -> AsyncIterator[Town]:
    """Open for everything, its staff verified; the bot is in its rooms. ``url``: where the bot looks
    for the homeserver."""
    bot, there = synapse.account("bot"), await gathered(crowd)
    people, host = there.people, there.people["moderator"]
    clock = clock or HandClock()
    known = Matrix(
        homeserver=url or synapse.url, user_id=bot, password=PASSWORD, state_dir=folder / "matrix"
    )
    made: list[MatrixPlatform] = []

    def beside(open_work: ports.OpenWork) -> dict[str, ports.Post]:
        where = folders(folder)
        made.append(MatrixPlatform(known, where.keys, US, clock, SystemChance(), open_work))
        return {"matrix": made[0].post}

    async with new_world(
        folders(folder), change=there.change, beside=beside, clock=clock, log=log
    ) as world:
        platform = made[0]
        at = (there.space, there.general, there.reps)
        town = Town(world, synapse, platform, bot, *at, people, crowd)
        async with town.serving:
            await town.comes_back()
            await there.invite(bot)
            for room in at:
                await host.until(lambda room=room: bot in host.client.rooms[room].users)
            for person in people.values():
                await person.sync()
                await person.sync()
            yield town


async def _made(
    host: Person, name: str, invited: list[str], *, space: bool = False, parent: str = ""
) -> str:
    state: list[dict[str, Any]] = []
    if not space:
        content = {"algorithm": "m.megolm.v1.aes-sha2"}
        state.append({"type": "m.room.encryption", "state_key": "", "content": content})
    made = await host.client.room_create(
        name=name, invite=invited, space=space, initial_state=state
    )
    room = str(made.room_id)
    if parent:
        via = {"via": [host.user.partition(":")[2]]}
        await host.client.room_put_state(parent, "m.space.child", via, state_key=room)
    await host.until(lambda: room in host.client.rooms)
    return room
