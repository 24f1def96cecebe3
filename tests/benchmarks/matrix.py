"""Figure 2 on Matrix: the last step of a grievance, as CPU of the bot's own process.

People type ``send`` in encrypted rooms on a real homeserver and wait for their receipt; all of them
at once, each time. Ours is the whole bot on PostgreSQL with fsync. Against a stock matrix-nio client,
in a process of its own, too, that answers them a fixed sentence, and asyncpg, which writes as many
rows of the same lengths into the same tables, one INSERT each, one after another.
"""

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.processes import Apart, apart
from tests.benchmarks.raw import raw_rows
from tests.benchmarks.rounds import Cost, Figure, Slice, beyond, measured
from tests.fakes.matrix_people import Crowd, Person, crowd_on
from tests.fakes.postgres import Postgres
from tests.fakes.synapse import Synapse

MANY = 6  #: people
GOAL = 0.6


async def figures(server: Postgres, folder: Path) -> AsyncIterator[Figure]:
    """The line of figure 2 on Matrix."""
    synapse = Synapse()
    try:
        async with AsyncExitStack() as stack:
            yield await _figure(server, synapse, folder, stack)
    finally:
        synapse.end()


async def _figure(
    server: Postgres, synapse: Synapse, folder: Path, stack: AsyncExitStack
) -> Figure:
    stores = {
        one: await stack.enter_async_context(server.database()) for one in ("database", "key_store")
    }
    crowd = await stack.enter_async_context(crowd_on(synapse))
    people = [await crowd.comes() for _ in range(MANY)]
    users = {name: synapse.account(name) for name in ("ours", "stock")}
    space = await _space(crowd, people, users["ours"])
    known = stores | {"homeserver": synapse.url, "space": space}
    bots = {}
    for name, user in users.items():
        given = known | {"user": user, "folder": str(folder / name)}
        bots[name] = await stack.enter_async_context(_bot(name, given))
        bots[name].rooms = [(one, await one.talk_with(user)) for one in people]
        await bots[name].answers("hello")
    await bots["ours"].prepare()
    await bots["ours"].send()
    raw = await stack.enter_async_context(raw_rows(stores))

    async def write() -> int:
        return await raw.write(MANY)

    slices = {name: Slice(one.send, one.prepare) for name, one in bots.items()}
    slices["raw"] = Slice(write)

    def used() -> float:
        return sum(one.apart.cpu() for one in bots.values())

    await measured(slices, used, rounds=1)  # connected, prepared, greeted
    cost = await measured(slices, used)
    rounds = zip(cost["ours"], cost["stock"], cost["raw"], strict=True)
    times = statistics.median((a.others + b.cpu) / one.others for one, a, b in rounds)
    value = (
        f"{times:.2f} of it ({_micro(cost['ours'])} of the bot's CPU; "
        f"{_micro(cost['stock'])} of the client's and {_micro(cost['raw'], 'cpu')} of asyncpg's)"
    )
    return Figure(
        "2 send through Matrix, against stock nio that answers and the same rows raw",
        value,
        f">= {GOAL}",
        times >= GOAL,
        beyond=beyond(cost["ours"], cost["stock"]),
    )


def _micro(costs: list[Cost], whose: str = "others") -> str:
    return f"{statistics.median(getattr(one, whose) for one in costs) * 1e6:.0f} us"


async def _space(crowd: Crowd, people: list[Person], bot: str) -> str:
    """Of the community: where membership is looked up."""
    host = await crowd.comes("host")
    invited = [bot, *(one.user for one in people)]
    made = await host.client.room_create(name="Harbour", invite=invited, space=True)
    for one in people:
        await one.client.join(made.room_id)
    return str(made.room_id)


@dataclass
class _Bot:
    """One of the two, in its process. ``rooms``: everybody alone with it."""

    apart: Apart
    rooms: list[tuple[Person, str]] = field(default_factory=list)

    async def prepare(self) -> None:
        told = await self.apart.tell([(room, one.user) for one, room in self.rooms])
        assert told == {"bugs": 0}

    async def send(self) -> int:
        many = await self.answers("send")
        said = [one.heard[-1].body for one, _ in self.rooms]
        assert all("I have saved it" in one or "is filed" in one for one in said), said[0]
        return many

    async def answers(self, words: str) -> int:
        """How many were answered: each of them."""

        async def one(person: Person, room: str) -> None:
            heard = len(person.heard)
            await person.says(room, words)
            await person.until(lambda: any(e.sender != person.user for e in person.heard[heard:]))

        await asyncio.gather(*(one(*each) for each in self.rooms))
        return len(self.rooms)


@asynccontextmanager
async def _bot(name: str, given: dict[str, str]) -> AsyncIterator[_Bot]:
    async with apart("matrix_bots", name, given) as process:
        await process.heard()
        yield _Bot(process)
