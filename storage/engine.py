"""Opens a database: SQLite careful about every byte, or PostgreSQL through asyncpg.

Parameters are hidden and nothing is echoed, whatever the environment says. A full disk or a
database that is away becomes a refusal that says what to do.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.domain.errors import CannotSave

#: Deleted bytes are overwritten, every commit reaches the disk before it is answered.
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA temp_store = MEMORY",
)


def open_engine(url: str) -> AsyncEngine:
    """An engine on ``url``: ``sqlite+aiosqlite:///...`` or ``postgresql+asyncpg://...``."""
    if url.startswith("sqlite"):
        # One connection: writers queue fairly here instead of polling for SQLite's lock.
        engine = create_async_engine(url, hide_parameters=True, pool_size=1, max_overflow=0)
        event.listen(engine.sync_engine, "connect", _careful_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    return create_async_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=10)


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction: clean exit commits, an error undoes. Raises CannotSave when it cannot."""
    try:
        async with engine.begin() as connection:
            yield connection
    except (OperationalError, InterfaceError, OSError) as problem:
        raise CannotSave from problem
    except DBAPIError as problem:
        if not problem.connection_invalidated:
            raise
        raise CannotSave from problem


async def scrub(engine: AsyncEngine) -> None:
    """Leave no trace of what was deleted: fold SQLite's log back into the file and empty it."""
    if engine.dialect.name == "sqlite":
        async with engine.connect() as connection:
            # Beside SQLAlchemy's transactions, in which SQLite refuses to checkpoint.
            driver: Any = (await connection.get_raw_connection()).driver_connection
            async with driver.execute("PRAGMA wal_checkpoint(TRUNCATE)"):
                pass


def _careful_sqlite(raw: Any, entry: ConnectionPoolEntry) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves
    cursor = raw.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
