"""Every database, one after another: a SQLite file and a PostgreSQL server.

``backend`` gives new databases; what is built on it gives the shelves and the key store, empty and
at today's schema.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.ports import OpenWork
from storage.engine import open_engine, transaction
from storage.keys import SqlKeys
from storage.schema import Chain, upgrade
from storage.work import work_on
from tests.fakes import migrated
from tests.fakes.postgres import Postgres


class Backend(Protocol):
    """Where databases come from."""

    name: str

    def database(self, chain: Chain | None = None) -> AbstractAsyncContextManager[str]:
        """The address of a new one: empty, or at a chain's newest schema."""


@dataclass
class Files(Backend):
    """SQLite files in a folder."""

    folder: Path
    name: str = "sqlite"
    numbers: count = field(default_factory=count)

    @asynccontextmanager
    async def database(self, chain: Chain | None = None) -> AsyncIterator[str]:
        url = f"sqlite+aiosqlite:///{self.folder}/{next(self.numbers)}.db"
        if chain:
            await migrated.put(url, chain)
        yield url


@dataclass
class Server(Backend):
    """Databases of the PostgreSQL server."""

    postgres: Postgres
    name: str = "postgresql"

    @asynccontextmanager
    async def database(self, chain: Chain | None = None) -> AsyncIterator[str]:
        like = "template0"
        if chain:
            like = await self.postgres.template(f"at_{chain}", lambda url: made(url, chain))
        async with self.postgres.database(like) as url:
            yield url


async def made(url: str, chain: Chain) -> None:
    async with opened(url) as engine:
        await upgrade(engine, chain)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


async def waits(task: "asyncio.Task[object]", expected: bool = True) -> bool:
    """Whether somebody who came second must wait; who need not is given time on a busy machine."""
    done, _ = await asyncio.wait({task}, timeout=0.2 if expected else 10)
    return not done


async def dead(engine: AsyncEngine, expected: bool, table: str = "ballots") -> int:
    """How many dead rows the server counts, once it has counted."""
    for _ in range(100):
        # On the line that was used last: what it did the server would count when it was idle for 10 s.
        async with transaction(engine) as connection:
            await connection.execute(text("SELECT pg_stat_force_next_flush()"))
        async with engine.connect() as connection:
            counted = await connection.scalar(
                text(f"SELECT pg_stat_get_dead_tuples('{table}'::regclass)")
            )
        if bool(counted) is expected:
            break
        await asyncio.sleep(0.1)
    return int(counted or 0)


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "sqlite":
        return Files(tmp_path)
    return Server(request.getfixturevalue("postgres"))


@pytest.fixture
async def database(backend: Backend) -> AsyncIterator[AsyncEngine]:
    """The first database, empty, at today's schema."""
    async with backend.database(Chain.MAIN) as url, opened(url) as engine:
        yield engine


@pytest.fixture
async def key_store(backend: Backend) -> AsyncIterator[AsyncEngine]:
    """The key store's database, empty, at today's schema."""
    async with backend.database(Chain.KEYS) as url, opened(url) as engine:
        yield engine


@pytest.fixture
def open_work(database: AsyncEngine) -> OpenWork:
    return work_on(database)


@pytest.fixture
def keys(key_store: AsyncEngine) -> SqlKeys:
    return SqlKeys(key_store)
