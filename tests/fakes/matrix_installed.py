"""An installation of the real program on a homeserver, and people who write to it from outside.

The seeded community has a place there, and one urgent case that its readers see. Nothing reaches
inside the process: what it said is read from the homeserver's files.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.matrix.sending import txn_of
from adapters.sandbox import people as seeded
from bot.settings import Where
from bot.wiring import Bot, groundswell
from storage.schema import Chain
from tests.fakes import migrated
from tests.fakes.acts import Acts
from tests.fakes.installed import Running, settings_in
from tests.fakes.matrix_people import WAITS, Crowd, Person
from tests.fakes.matrix_place import Place, gathered
from tests.fakes.nursery import Born, Nursery
from tests.fakes.synapse import PASSWORD, Synapse
from tests.fakes.world import CODE, US, KeptLog, KeptPost, World, folders

MOST_PARTS = 12  #: messages that one answer may have


def section(url: str, user: str, name: str = "") -> list[str]:
    """The settings of an account, of the first one where it has no ``name``."""
    head = f"[matrix.accounts.{name}]" if name else "[matrix]"
    words = {"homeserver": url, "user_id": user, "password": PASSWORD}
    return [head, *(f'{key} = "{value}"' for key, value in words.items())]


@dataclass
class Writer:
    """Somebody alone with the bot. ``said``: the ids of all that they said there."""

    person: Person
    synapse: Synapse
    bot: str
    room: str = ""
    said: list[str] = field(default_factory=list)

    async def says(self, *lines: str) -> None:
        for one in lines:
            self.said.append(await self.person.says(self.room, one))

    @property
    def heard(self) -> list[str]:
        """All that the bot said to them, as far as they have synced."""
        theirs = (one for one in self.person.heard if one.sender == self.bot)
        return [one.body for one in theirs]

    def answers(self) -> dict[str, int]:
        """For each thing they said the messages that answered it, by what the homeserver took."""
        took = {txn for room, txn in self.synapse.said_by(self.bot) if room == self.room}
        return {
            one: sum(txn_of(one, n) in took for n in (-1, *range(1, MOST_PARTS)))
            for one in self.said
        }

    def unasked(self) -> int:
        """How many messages of the bot answer nothing that they said."""
        took = [txn for room, txn in self.synapse.said_by(self.bot) if room == self.room]
        return len(took) - sum(self.answers().values())

    async def answered(self) -> None:
        """Once all that they said has an answer."""
        await until(lambda: all(self.answers().values()))

    async def asks(self, *lines: str) -> str:
        """Says it all, and gives all that was answered."""
        read = len(self.heard)
        await self.says(*lines)
        await self.answered()
        await self.person.until(lambda: len(self.heard) > read)
        return "\n\n".join(self.heard[read:])


@dataclass
class Installed:
    """``config``: its settings; ``there``: its people."""

    where: Where
    config: Path
    synapse: Synapse
    there: Place

    async def lives(self, nursery: Nursery) -> Born:
        """The program, to be killed, once it says that it runs."""
        return await born(nursery, self.config)

    async def runs(self, *words: str) -> Running:
        """The program, once it says that it runs."""
        one = await asyncio.to_thread(Running, self.config, *words)
        said = await asyncio.to_thread(one.address)
        assert said == "Runs on matrix.", (said, await asyncio.to_thread(one.ended))
        return one

    async def writer(self, name: str) -> Writer:
        """Somebody, once the bot is alone with them and has said hello. It runs."""
        return await alone(self.there.people[name], self.synapse, self.there.bot)

    @asynccontextmanager
    async def inside(self) -> AsyncIterator[Bot]:
        """The bot over the same databases, while the program does not run."""
        clock, chance, log = SystemClock(), SystemChance(), KeptLog()
        posts = {seeded.PLATFORM: KeptPost()}
        async with groundswell(
            self.where, US, posts, clock, chance, log, room_delay=timedelta(0)
        ) as bot:
            yield bot


async def alone(person: Person, synapse: Synapse, bot: str) -> Writer:
    """Somebody, once the bot is alone with them and has said hello. It runs."""
    writer = Writer(person, synapse, bot, await person.talk_with(bot))
    await person.until(lambda: writer.heard)
    return writer


async def born(nursery: Nursery, config: Path, *, hasty: bool = False) -> Born:
    """The program, to be killed, once it says that it runs."""
    one = nursery.bear(config, hasty=hasty)
    assert await asyncio.to_thread(one.address) == "Runs on matrix."
    return one


async def installed_on(
    synapse: Synapse, crowd: Crowd, folder: Path, url: str = "", *, filed: bool = False
) -> Installed:
    """An open community there; the bot's account is asked into its places. ``url``: where the program
    looks for the homeserver; ``filed``: an urgent case is there."""
    there, where = await gathered(crowd), folders(folder)
    config = settings_in(folder, platform=section(url or synapse.url, there.bot))
    where.data.mkdir(mode=0o700)
    await migrated.put(where.database, Chain.MAIN)
    await migrated.put(where.key_store, Chain.KEYS)
    await there.asks_the_bot_in()
    made = Installed(where, config, synapse, there)
    async with made.inside() as inside:
        clock, chance = SystemClock(), SystemChance()
        new = seeded.community(lambda: chance.bytes(16).hex(), CODE, clock.now())
        await inside.communities.found(there.change(new))
        if filed:
            world = World(inside, where, clock, chance, KeptLog(), KeptPost())  # type: ignore[arg-type]  # its clock is not moved
            await Acts(world).file("somebody", "send_urgent")
    return made


async def until(so: Callable[[], object]) -> None:
    """What nobody tells us of, looked for again and again."""
    began = time.monotonic()
    while not so():
        assert time.monotonic() - began < 2 * WAITS, "it does not come"
        await asyncio.sleep(0.05)
