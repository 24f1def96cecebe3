"""The same town for whole journeys: several tests share it, and each begins on a Monday of its own.

The core's clock is moved by hand, as in every world; what people and the bot say to each other goes
over the homeserver, encrypted. The seeded community has a space there beside its sandbox one. Several
tests share a town: each begins on a Monday of its own, an hour and a half before a slot.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapters.chance import SystemChance
from adapters.matrix.account import Account as OurAccount
from adapters.matrix.app import MatrixPlatform
from bot import ports
from bot.domain.communities import Account, Community, Role, RoomKind, Space, Trust
from bot.ports import Noted
from bot.settings import CannotStart, Matrix
from tests.fakes.matrix_people import WAITS, Crowd, Person, crowd_on, stock
from tests.fakes.synapse import PASSWORD, Synapse
from tests.fakes.world import CODE as CODE
from tests.fakes.world import MONDAY, US, HandClock, World, folders, new_world

PEOPLE = ("worker", "colleague", "rep", "organiser", "moderator")
ROLES = {"rep": Role.REP, "organiser": Role.ORGANISER, "moderator": Role.MODERATOR}
SETTLED = timedelta(days=16)  #: after people came into the rooms: long enough to be counted


@dataclass
class Town:
    """``general``: the bulletin room; ``reps``: the staff room; ``organisers``: theirs; all in the
    Matrix space ``space``. ``wrong``: why the bot gave up, if it did."""

    world: World
    synapse: Synapse
    crowd: Crowd
    bot: str
    space: str
    general: str
    reps: str
    organisers: str
    people: dict[str, Person]
    makes: Callable[[], MatrixPlatform]
    platform: MatrixPlatform
    wrong: list[CannotStart] = field(default_factory=list)
    serving: AsyncExitStack = field(default_factory=AsyncExitStack)

    def talk(self, name: str, room: str = "") -> "Talk":
        """Somebody's talk with the bot, not begun yet; or what they hear of it in a shared room."""
        return Talk(self, self.people[name], room)

    async def begun(self, name: str) -> "Talk":
        """Somebody begins a talk."""
        talk = self.talk(name)
        await talk.opens()
        return talk

    async def welcome(self, name: str) -> None:
        """Somebody new comes to the place and its bulletin room."""
        self.people[name] = new = await self.crowd.comes(name)
        for room in (self.space, self.general):
            await self.people["moderator"].client.room_invite(room, new.user)
            await new.client.join(room)
        await new.sync()

    async def joined(self) -> set[str]:
        """All rooms that the bot is in."""
        return await self._account.rooms.joined()

    def known_rooms(self) -> set[str]:
        """Those in which it is alone with somebody, as far as it remembers."""
        return set(self._account.directs.known())

    @property
    def _account(self) -> OurAccount:
        return self.platform.post.accounts["main"]

    async def until(self, so: Callable[[], Any]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(WAITS):
            while not so():
                await asyncio.sleep(0.02)

    async def begin(self) -> None:
        """The bot's process begins, and is there."""
        await self.serving.enter_async_context(
            self.platform.serve(self.world.bot.door, self.wrong.append)
        )
        await self.until(self.platform.post.connected)

    async def restart(self) -> None:
        """The process ends, and another goes on from what was kept."""
        await self.serving.aclose()
        self.platform = self.makes()
        posts: Any = self.world.bot.posts  # the core's own part of the process stays
        posts["matrix"] = self.platform.post
        await self.begin()

    async def monday(self) -> None:
        """Time passes until the next one, 07:30, with all that is due on the way."""
        now = self.world.clock.at
        monday = (now + timedelta(days=7 - now.weekday())).replace(hour=7, minute=30)
        await self.world.live(seconds=(monday - now).total_seconds())

    def is_gone(self, person: Person, room: str, event: str) -> bool:
        """Whether somebody in a room can read an event no more: it was taken back."""
        path = f"/_matrix/client/v3/rooms/{room}/event/{event}"
        found = self.synapse.ask("GET", path, token=person.client.access_token)
        return found["content"] == {}

    async def tidy(self) -> None:
        """What has ended is taken back now, not within a minute."""
        await self._account.listening.tidy()


@dataclass
class Talk:
    """Somebody and the bot, in a room they opened, or that it opened for them. ``read``: how much of
    what they heard they have read."""

    town: Town
    person: Person
    room: str = ""
    read: int = 0

    def __post_init__(self) -> None:
        self.read_all()

    async def opens(self) -> str:
        """Gives what the bot says first."""
        self.room = await self.person.room_with(self.town.bot)
        return await self.hears()

    async def comes(self) -> str:
        """The bot asked them in; gives what it says there."""
        person = self.person
        await person.until(lambda: person.client.invited_rooms)
        (self.room,) = person.client.invited_rooms
        await person.client.join(self.room)
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
        await self.person.until(lambda: any(words in one for one in self._heard()[self.read :]))
        count = -1
        while count != len(self._heard()):
            count = len(self._heard())
            await asyncio.sleep(0.05)
            await self.person.sync()
        said = self._heard()[self.read :]
        self.read = count
        return "\n\n".join(said)

    async def is_open(self) -> bool:
        """Whether the bot is there still."""
        await self.person.sync()
        return self.person.sees(self.room, self.town.bot)

    async def news(self) -> str:
        """What has come by now, perhaps nothing, and was not read yet."""
        await self.person.sync()
        return "\n\n".join(self._heard()[self.read :])

    def all_said(self) -> list[tuple[str, bool]]:
        """All that the bot has said here, and whether each can be read still."""
        heard = zip(self.person.heard, self.person.rooms, strict=True)
        return [
            (one.body, not self.town.is_gone(self.person, at, one.event_id))
            for one, at in heard
            if one.sender == self.town.bot and at == self.room
        ]

    def read_all(self) -> None:
        """What has come by now counts as read."""
        self.read = len(self._heard())

    def _heard(self) -> list[str]:
        """All that the bot said here, as it was said."""
        heard = zip(self.person.heard, self.person.rooms, strict=True)
        return [one.body for one, at in heard if one.sender == self.town.bot and at == self.room]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(
    synapse: Synapse, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """The town that a module's tests share."""
    folder = tmp_path_factory.mktemp("town")
    async with crowd_on(synapse) as crowd, town_on(synapse, crowd, folder) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    """The next Monday, 07:30."""
    with stock():
        await one_town.monday()
        yield one_town
    assert one_town.wrong == []
    assert Noted.BUG not in {event for event, _ in one_town.world.log.lines}


def settled() -> datetime:
    """When whoever comes into a room today has been a member long enough to be counted: since when
    they are is the homeserver's own time. What is not used for so long the bot forgets: then whoever
    has a talk begins a new one the next day."""
    return (datetime.now(UTC) + SETTLED).replace(second=0, microsecond=0)


@asynccontextmanager
async def town_on(
    synapse: Synapse, crowd: Crowd, folder: Path, begins: datetime = MONDAY
) -> AsyncIterator[Town]:
    """Open for everything, its staff verified; the bot is in its rooms."""
    bot = synapse.account("bot")
    people = {name: await crowd.comes(name) for name in PEOPLE}
    pins = {name: await people[name].signs() for name in ROLES}
    host = people["moderator"]
    everybody = [people[name].user for name in PEOPLE if name != "moderator"]
    space = await made(host, "Harbour", everybody, space=True)
    general = await made(host, "general", everybody, parent=space)
    reps = await made(host, "reps", [people["rep"].user], parent=space)
    organisers = await made(host, "organisers", [people["organiser"].user], parent=space)
    for person in people.values():
        await person.sync()
        for room in list(person.client.invited_rooms):
            await person.client.join(room)
    rooms = dict(zip(RoomKind, (general, reps, organisers), strict=True))
    there = Space("there", "matrix", space, "Harbour on Matrix", Trust.NEUTRAL, rooms=rooms)

    def change(seeded: Community) -> Community:
        staff = list(seeded.staff)
        for name, role in ROLES.items():
            at = next(n for n, one in enumerate(staff) if role in one.roles)
            account = Account("matrix", people[name].user, proof=pins[name])
            staff[at] = replace(staff[at], accounts=(*staff[at].accounts, account))
        return replace(seeded, staff=tuple(staff), spaces=(*seeded.spaces, there))

    clock = HandClock(begins)
    known = Matrix(
        homeserver=synapse.url, user_id=bot, password=PASSWORD, state_dir=folder / "matrix"
    )
    memory: list[ports.OpenWork] = []

    def makes() -> MatrixPlatform:
        keys = folders(folder).keys
        return MatrixPlatform(known, keys, US, clock, SystemChance(), memory[0])

    platforms: list[MatrixPlatform] = []

    def beside(open_work: ports.OpenWork) -> dict[str, ports.Post]:
        memory.append(open_work)
        platforms.append(makes())
        return {"matrix": platforms[0].post}

    async with new_world(folders(folder), change=change, beside=beside, clock=clock) as world:
        town = Town(
            world,
            synapse,
            crowd,
            bot,
            space,
            general,
            reps,
            organisers,
            people,
            makes,
            platforms[0],
        )
        async with AsyncExitStack() as ends:
            ends.push_async_callback(town.serving.aclose)
            await town.begin()
            for room in (space, general, reps, organisers):
                await welcomed(host, room, bot)
            powers = await host.client.room_get_state_event(general, "m.room.power_levels")
            users = powers.content.get("users", {}) | {bot: 50}  # it may take messages away
            changed = powers.content | {"users": users}
            await host.client.room_put_state(general, "m.room.power_levels", changed)
            for person in people.values():
                await person.sync()
                await person.sync()
            yield town


async def made(
    host: Person, name: str, invited: list[str], *, space: bool = False, parent: str = ""
) -> str:
    """A room of a place, or the place."""
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


async def welcomed(host: Person, room: str, bot: str) -> None:
    """The bot is asked in, and comes."""
    await host.client.room_invite(room, bot)
    await host.until(lambda: bot in host.client.rooms[room].users)
