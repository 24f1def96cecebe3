"""Figure 6: ``send`` on SQLite, both stores waiting for the disk at every commit.

Ours is the whole bot behind its door, sixteen in flight, each file with its thread. Against sqlite3
alone, one writer, which keeps the same rows in the same two files, one INSERT each, each a transaction
of its own. Told without a goal: one in flight, and a peer that commits sixteen rows of a kind at once.
Who reads is another process with a connection of its own: while ours writes, and while it is as busy
and writes nothing.
"""

import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from bot.chat import Reply
from bot.domain.privacy import ALLOWED_A_DAY, Act
from bot.settings import Where, at
from tests.benchmarks.processes import Apart, apart, lines, say
from tests.benchmarks.raw import ROWS, Row
from tests.benchmarks.rounds import Cost, Figure, Slice, measured, micro, ratio
from tests.fakes.acts import Acts, names
from tests.fakes.postgres import Postgres
from tests.fakes.world import new_world

FLIGHT, SENDS = 16, 64
READING = 0.1  #: seconds
SEND, READ = 0.4, 0.8
#: Found on 28 November 2026 by a profile of 64 sends, in which nothing waits for anything but these.
FIVE_TRIPS = (
    "a third of a send are SQLite's own five statements; the rest is spread over the door, the rules, "
    "sealing and the view, in 1,243 calls of Python"
)


async def figures(server: Postgres, folder: Path) -> AsyncIterator[Figure]:
    """The two lines of figure 6. No database server is asked."""
    del server
    where = at(folder / "data", folder / "keys")
    ALLOWED_A_DAY[Act.GRIEVANCE] = 1_000_000  # no limit of ours is what is measured
    async with new_world(where, thread=True) as world:
        ours = _Ours(Acts(world))
        await ours.prepare()
        await ours.send()
        file = str(_files(where)["database"])
        async with apart("sqlite", "reader", {"file": file}) as reader:
            with _Raw(_files(where)) as raw:
                cost = await _cost(ours, raw, reader)
    times, alone = ratio(cost["raw"], cost["send"]), ratio(cost["raw"], cost["alone"])
    shared = ratio(cost["shared"], cost["send"])
    yield Figure(
        f"6 send on SQLite, {FLIGHT} in flight, against sqlite3 that keeps the same rows",
        f"{times:.2f} of its rate ({micro(cost['send'])} of CPU, {micro(cost['raw'])}). Told without a "
        f"goal: one in flight {alone:.2f} ({micro(cost['alone'])}); against sqlite3 that commits {FLIGHT} "
        f"rows at once {shared:.2f} ({micro(cost['shared'])})",
        f">= {SEND}",
        times >= SEND,
        FIVE_TRIPS,
    )
    left = ratio(cost["read"], cost["read beside"])
    yield Figure(
        "6 reading in another process while ours writes, against while it is busy and writes nothing",
        f"{left:.2f} of the rate",
        f">= {READ}",
        left >= READ,
    )


async def _cost(ours: "_Ours", raw: "_Raw", reader: Apart) -> dict[str, list[Cost]]:
    async def write() -> int:
        return await asyncio.to_thread(raw.write, SENDS)

    async def write_shared() -> int:
        return await asyncio.to_thread(raw.write_shared, SENDS)

    async def beside(work: Coroutine[Any, Any, None]) -> int:
        working = asyncio.create_task(work)
        try:
            return int(await reader.tell(READING))
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def read() -> int:
        return await beside(_busy())

    async def read_beside() -> int:
        return await beside(ours.send_on())

    slices = {
        "send": Slice(ours.send, ours.prepare),
        "alone": Slice(ours.send_alone, ours.prepare),
        "raw": Slice(write),
        "shared": Slice(write_shared),
        "read": Slice(read),
        "read beside": Slice(read_beside, ours.prepare),
    }
    await measured(slices, rounds=1)  # connected and prepared
    return await measured(slices)


async def _busy() -> None:
    """As busy as one that writes: else it would be seen what a core less does to whoever reads."""
    while True:
        await asyncio.sleep(0)


@dataclass
class _Ours:
    """The bot. ``previews``: who is about to press ``send``, and what they see."""

    acts: Acts
    previews: list[tuple[str, Reply]] = field(default_factory=list)
    people: "count[int]" = field(default_factory=count)

    async def prepare(self) -> None:
        self.acts.replies.clear()
        people = [f"worker-{next(self.people)}" for _ in range(SENDS)]
        self.previews = [(one, await self.acts.preview(one)) for one in people]

    async def send_alone(self) -> int:
        return await self.send(1)

    async def send(self, flight: int = FLIGHT) -> int:
        left, sent = iter(self.previews), count()

        async def one() -> None:
            for who, preview in left:
                assert "saved" in names(await self.acts.press(who, preview, "send"))
                next(sent)

        await asyncio.gather(*(one() for _ in range(flight)))
        return next(sent)

    async def send_on(self) -> None:
        """Until cancelled: whoever has sent waits for the others, and sends the next."""
        while True:
            await self.send()
            await self.prepare()


class _Raw(ExitStack):
    """The same rows, as ours left them, written again."""

    def __init__(self, files: dict[str, Path]) -> None:
        super().__init__()
        self._lines: dict[str, sqlite3.Connection] = {}
        for name, file in files.items():
            line = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._lines[name] = self.enter_context(closing(line))
            line.execute("PRAGMA synchronous = FULL")  # of ours this holds, too; WAL is the file's
        self._rows = [self._row(*one) for one in ROWS]

    def _row(self, store: str, table: str, new: tuple[str, ...]) -> Row:
        found = self._lines[store].execute(f"SELECT * FROM {table} LIMIT 1")
        columns, values = [one[0] for one in found.description], list(found.fetchone())
        places = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
        return Row(store, sql, values, [n for n, one in enumerate(columns) if one in new])

    def write(self, many: int) -> int:
        for _ in range(many):
            for row in self._rows:
                self._lines[row.store].execute(row.sql, row.drawn())
        return many

    def write_shared(self, many: int) -> int:
        """The same, a commit for so many rows of a kind as ours has sends in flight."""
        for _ in range(0, many, FLIGHT):
            for row in self._rows:
                line = self._lines[row.store]
                line.execute("BEGIN IMMEDIATE")
                for _ in range(FLIGHT):
                    line.execute(row.sql, row.drawn())
                line.execute("COMMIT")
        return many


def _files(where: Where) -> dict[str, Path]:
    return {"database": where.data / "groundswell.db", "key_store": where.keys / "keys.db"}


async def reader(given: dict[str, str]) -> None:
    """Says how many looks it had at the community and what waits there, in so many seconds."""
    with closing(sqlite3.connect(given["file"], isolation_level=None)) as line:
        async for seconds in lines():
            looks, until = 0, time.perf_counter() + seconds
            while time.perf_counter() < until:
                line.execute("SELECT id, revision FROM communities").fetchall()
                line.execute("SELECT sealed FROM waiting LIMIT 20").fetchall()
                looks += 1
            say(looks)


if __name__ == "__main__":
    asyncio.run({"reader": reader}[sys.argv[1]](json.loads(sys.argv[2])))
