"""Figure 2 on Matrix: the last step of a grievance, as CPU of the bot's own process.

People type ``send`` in encrypted rooms on a real homeserver and wait for their receipt; all of them
at once, each time. Ours is the whole bot on PostgreSQL with fsync. Against a stock matrix-nio client,
in a process of its own, too, that answers them a fixed sentence, and asyncpg, which writes as many
rows of the same lengths into the same tables, one INSERT each, one after another.
"""

import asyncio
import json
import secrets
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from tests.benchmarks.rounds import Cost, Figure, Slice, measured
from tests.fakes.matrix_people import Crowd, Person, crowd_on
from tests.fakes.postgres import Postgres
from tests.fakes.synapse import Synapse

MANY = 6  #: people
GOAL = 0.6
STARTS_WITHIN = 60


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
    database, key_store = [await stack.enter_async_context(server.database()) for _ in range(2)]
    crowd = await stack.enter_async_context(crowd_on(synapse))
    people = [await crowd.comes() for _ in range(MANY)]
    users = {name: synapse.account(name) for name in ("ours", "stock")}
    space = await _space(crowd, people, users["ours"])
    known = {"homeserver": synapse.url, "space": space, "database": database}
    known["key_store"] = key_store
    bots = {}
    for name, user in users.items():
        given = known | {"user": user, "folder": str(folder / name)}
        bots[name] = await stack.enter_async_context(_bot(name, given))
        bots[name].rooms = [(one, await one.talk_with(user)) for one in people]
        await bots[name].answers("hello")
    raw = await stack.enter_async_context(_raw(database, key_store, bots["ours"]))
    slices = {name: Slice(one.send, one.prepare) for name, one in bots.items()}
    slices["raw"] = Slice(raw.write)

    def used() -> float:
        return sum(one.cpu() for one in bots.values())

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

    process: asyncio.subprocess.Process
    rooms: list[tuple[Person, str]] = field(default_factory=list)

    def cpu(self) -> float:
        """Seconds of CPU that it has used so far. On Linux alone."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text().split()[0]) for one in tasks) / 1e9

    async def prepare(self) -> None:
        await self.tell([(room, one.user) for one, room in self.rooms])

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

    async def tell(self, what: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        await self.hears("prepared 0")  # and no bug was noted

    async def hears(self, word: str) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(STARTS_WITHIN):
            said = (await self.process.stdout.readline()).decode().strip()
        assert said == word, said


@asynccontextmanager
async def _bot(name: str, given: dict[str, str]) -> AsyncIterator[_Bot]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.matrix_bots", name, json.dumps(given)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        bot = _Bot(process)
        await bot.hears("ready")
        yield bot
    finally:
        process.kill()
        await process.wait()


@dataclass
class _Raw:
    """The rows of one ``send``, as ours left them; written again under new names."""

    lines: list[tuple["asyncpg.Connection[Any]", str, list[Any], list[int]]]

    async def write(self) -> int:
        for _ in range(MANY):
            for line, sql, values, names in self.lines:
                new = [_like(one) if n in names else one for n, one in enumerate(values)]
                await line.execute(sql, *new)
        return MANY


#: Of both stores: the table, and which of its columns must be new each time.
_ROWS = (("key_store", "case_keys", ("id", "waiting")), ("database", "waiting", ("id", "lookup")))
_ROWS += (("key_store", "drafts", ("id",)),)


@asynccontextmanager
async def _raw(database: str, key_store: str, ours: _Bot) -> AsyncIterator[_Raw]:
    await ours.prepare()
    await ours.send()
    urls = {"database": database, "key_store": key_store}
    lines = {name: await asyncpg.connect(one.replace("+asyncpg", "")) for name, one in urls.items()}
    found = []
    for where, table, new in _ROWS:
        row = await lines[where].fetchrow(f"SELECT * FROM {table} LIMIT 1")
        assert row is not None
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        sql = f"INSERT INTO {table} ({', '.join(row.keys())}) VALUES ({places})"
        names = [n for n, name in enumerate(row.keys()) if name in new]
        found.append((lines[where], sql, list(row.values()), names))
    try:
        yield _Raw(found)
    finally:
        for line in lines.values():
            await line.close()


def _like(one: Any) -> Any:
    """As long, and new."""
    if isinstance(one, bytes):
        return secrets.token_bytes(len(one))
    return secrets.token_hex(len(one) // 2) if isinstance(one, str) else secrets.token_bytes(16)
