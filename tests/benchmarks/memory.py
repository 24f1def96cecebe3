"""Figure 10: what the installed program has in memory, read from the kernel.

With all its adapters, idle, against an interpreter that imports what they need and does nothing; the
same process after ten thousand grievances, which people of the sandbox file. And on PostgreSQL, each
started anew, with more communities and more cases stored. That is what others have resident, too:
libraries that processes share are counted in each.
"""

import asyncio
import http.client
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from tests.benchmarks.processes import resident
from tests.benchmarks.raw import plain
from tests.benchmarks.rounds import LESS, Figure
from tests.benchmarks.slack_town import filled
from tests.benchmarks.starting import ALWAYS, LIBRARIES, platforms
from tests.benchmarks.ticks import settled
from tests.fakes.installed import Running, settings_in
from tests.fakes.postgres import Postgres

IDLE, SUBMITTED, STORED, OF_EACH = 1.5, 1.05, 1.05, 1024.0  #: bytes of each community, the last
SUBMISSIONS, AT_ONCE = 10_000 // LESS, 25
HANDS = 4  #: who file at the same time
FEW, MANY = 1_000 // LESS, 100_000 // LESS  #: communities
CASES = 1_000_000 // LESS
RESTS = 5.0  #: seconds after which one that has started has nothing more to do
SOON = timedelta(days=30)  #: nothing is due before


async def figures(server: Postgres, folder: Path) -> AsyncIterator[Figure]:
    """The lines of figure 10."""
    async with AsyncExitStack() as stack:
        words = await stack.enter_async_context(platforms())
        every = [line for section in words.values() for line in section]
        async for one in _of_one(folder / "all", every):
            yield one
    few = await _with(server, folder / "few", FEW, 0)
    many = await _with(server, folder / "many", MANY, 0)
    cases = await _with(server, folder / "cases", FEW, CASES)
    each = (many - few) / (MANY - FEW)
    yield Figure(
        f"10 memory for each of {MANY:,} communities, beyond what {FEW:,} take",
        f"{max(each, 0):.0f} bytes ({_mib(many)}, {_mib(few)})",
        f"<= {OF_EACH:.0f} bytes",
        each <= OF_EACH,
    )
    yield Figure(
        f"10 memory with {CASES:,} cases stored, against none",
        f"{cases / few:.2f} times ({_mib(cases)}, {_mib(few)})",
        f"<= {STORED}",
        cases / few <= STORED,
    )


async def _of_one(folder: Path, platforms: list[str]) -> AsyncIterator[Figure]:
    async with _running(folder, platforms) as one:
        idle, bare = one.memory(), await _bare()
        yield Figure(
            "10 memory with all adapters, idle, against importing what they need",
            f"{idle / bare:.2f} times ({_mib(idle)}, {_mib(bare)})",
            f"<= {IDLE}",
            idle / bare <= IDLE,
        )
        for _ in range(0, SUBMISSIONS, AT_ONCE * HANDS):
            done = await asyncio.gather(*(asyncio.to_thread(one.file) for _ in range(HANDS)))
            assert done == [AT_ONCE] * HANDS
        await asyncio.sleep(RESTS)
        then = one.memory()
        yield Figure(
            f"10 memory after {SUBMISSIONS:,} submissions, against before",
            f"{then / idle:.2f} times ({_mib(then)}, {_mib(idle)})",
            f"<= {SUBMITTED}",
            then / idle <= SUBMITTED,
        )


async def _with(server: Postgres, folder: Path, communities: int, cases: int) -> int:
    """What it has in memory on a database with so many."""
    async with server.database() as database, server.database() as key_store:
        stores = {"database": database, "key_store": key_store}
        async with _running(folder, ["[sandbox]", "port = 0"], **stores):
            pass  # now it has its tables
        line = await asyncpg.connect(plain(database))
        await settled(line, communities, {}, datetime.now(UTC) + SOON)
        await line.close()
        await filled(stores, max(cases, 1))
        async with _running(folder, ["[sandbox]", "port = 0"], **stores) as one:
            return one.memory()


@dataclass
class _Program:
    """The installed one. ``page``: where its sandbox is."""

    process: Running
    page: str

    def memory(self) -> int:
        return resident(self.process.process.pid)

    def file(self) -> int:
        """So many people file a grievance; how many did."""
        line = http.client.HTTPConnection(urlsplit(self.page).netloc, timeout=120)
        try:
            asked = json.dumps({"act": "grievances", "count": AT_ONCE})
            line.request("POST", "/api/crowd", asked, {"Content-Type": "application/json"})
            return int(json.loads(line.getresponse().read())["done"])
        finally:
            line.close()


@asynccontextmanager
async def _running(
    folder: Path, platform: list[str], database: str = "", key_store: str = ""
) -> AsyncIterator[_Program]:
    """Until it has nothing more to do."""
    if not folder.exists():
        folder.mkdir()
        settings_in(folder, database, key_store, platform)
    process = await asyncio.to_thread(Running, folder / "groundswell.toml")
    try:
        page = await asyncio.to_thread(process.address)
        assert page, await asyncio.to_thread(process.ended)
        while process.ask("/readyz")[0] != HTTPStatus.OK:
            await asyncio.sleep(1)
        await asyncio.sleep(RESTS)
        yield _Program(process, page)
    finally:
        ended, log = await asyncio.to_thread(process.stop)
    assert ended == 0, log


async def _bare() -> int:
    """What an interpreter that imports the same has in memory."""
    words = f"import {', '.join(LIBRARIES.values())}, {ALWAYS}; print(flush=True); input()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", words), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        return resident(process.pid)
    finally:
        process.kill()
        await process.wait()


def _mib(memory: float) -> str:
    return f"{memory / 2**20:.0f} MiB"
