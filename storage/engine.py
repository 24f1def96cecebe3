"""Opens a database: SQLite careful about every byte, or PostgreSQL through asyncpg.

Parameters are hidden and nothing is echoed, whatever the environment says. A full disk or a
database that is away becomes a refusal that says what to do.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.domain.errors import CannotSave
from storage import trips

#: Deleted bytes are overwritten, every commit reaches the disk before it is answered.
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA temp_store = MEMORY",
)

#: What PostgreSQL's own log and files would keep of a statement or its moment, and what it must
#: be instead. The first four are set per session where the role may.
QUIET = {
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "track_commit_timestamp": "off",
    "archive_mode": "off",
}
_PER_SESSION = 4

#: PostgreSQL's classes of error (its appendix A) in which it cannot keep anything just now: no
#: connection, no room or memory, shutting down or starting, a failing disk.
_CANNOT_SAVE = frozenset({"08", "53", "57", "58"})


def open_engine(url: str) -> AsyncEngine:
    """An engine on ``url``: ``sqlite+aiosqlite:///...`` or ``postgresql+asyncpg://...``."""
    if url.startswith("sqlite"):
        # One connection: writers queue fairly here instead of polling for SQLite's lock.
        engine = create_async_engine(
            url,
            hide_parameters=True,
            pool_size=1,
            max_overflow=0,
            connect_args={"async_creator_fn": trips.connect},
        )
        event.listen(engine.sync_engine, "connect", _careful_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=10)
    event.listen(engine.sync_engine, "connect", _quiet_postgres)
    return engine


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction: clean exit commits, an error undoes. Raises CannotSave when it cannot."""
    try:
        async with engine.begin() as connection:
            yield connection
    except (OperationalError, InterfaceError, OSError, TimeoutError) as problem:
        raise CannotSave from problem
    except DBAPIError as problem:
        away = str(getattr(problem.orig, "sqlstate", None))[:2] in _CANNOT_SAVE
        if not away and not problem.connection_invalidated:
            raise
        raise CannotSave from problem


async def talkative(engine: AsyncEngine) -> list[str]:
    """The settings by which a PostgreSQL server would keep too much; none on SQLite."""
    if engine.dialect.name != "postgresql":
        return []
    query = text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)")
    async with engine.connect() as connection:
        found = {
            row.name: row.setting for row in await connection.execute(query, {"names": list(QUIET)})
        }
    return [name for name, quiet in QUIET.items() if found.get(name, quiet) != quiet]


async def scrub(engine: AsyncEngine) -> None:
    """Fold SQLite's log back into the file and empty it: it would keep what was deleted, and the
    order in which rows came. Raises CannotSave when it cannot."""
    if engine.dialect.name == "sqlite":
        try:
            async with engine.connect() as connection:
                # Beside SQLAlchemy's transactions, in which SQLite refuses to checkpoint.
                driver: Any = (await connection.get_raw_connection()).driver_connection
                async with driver.execute("PRAGMA wal_checkpoint(TRUNCATE)"):
                    pass
        except (OperationalError, sqlite3.OperationalError) as problem:
            raise CannotSave from problem


def _careful_sqlite(raw: Any, entry: ConnectionPoolEntry) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves
    cursor = raw.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _quiet_postgres(raw: Any, entry: ConnectionPoolEntry) -> None:
    cursor = raw.cursor()
    cursor.execute("SELECT current_setting('is_superuser')")
    if cursor.fetchone()[0] == "on":
        for name, quiet in list(QUIET.items())[:_PER_SESSION]:
            cursor.execute(f"SET SESSION {name} = '{quiet}'")
    cursor.close()
    raw.commit()


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
