"""Opens a database: SQLite careful about every byte, or PostgreSQL through asyncpg.

Parameters are hidden and nothing is echoed, whatever the environment says. A full disk or a
database that is away becomes a refusal that says what to do.
"""

import sqlite3
import time
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from storage import trips
from storage.files import InTurn, in_file, keep_line
from storage.lines import OnLine, keep_lines

_PATIENCE = 10  #: seconds, for another process that writes
PATIENCE = f"PRAGMA busy_timeout = {_PATIENCE * 1000}"

#: Deleted bytes are overwritten, every commit reaches the disk before it is answered.
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
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
    # Else a line every few minutes, but where nobody did anything.
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
}
_PER_SESSION = 4
#: Whoever holds a transaction and says nothing more is gone: a machine that lost its network or was
#: stopped would else keep everybody waiting for what it holds, for hours. Looked for over TCP, too.
GONE_AFTER = 60  #: seconds
_OUTLIVED = (
    "SELECT set_config('idle_in_transaction_session_timeout', '{0}s', false), "
    "set_config('tcp_keepalives_idle', '{0}', false), "
    "set_config('tcp_keepalives_interval', '10', false), "
    "set_config('tcp_keepalives_count', '3', false)"
)
_SINGLE = {"single": True}  #: of SQLite: nothing is begun, and so nothing is left to commit


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
        keep_line(engine)
        return engine
    engine = create_async_engine(url, hide_parameters=True, pool_size=10)
    event.listen(engine.sync_engine, "connect", _quiet_postgres)
    event.listen(engine.sync_engine, "checkout", _not_cut)
    keep_lines(engine)
    return engine


def transaction(engine: AsyncEngine) -> AbstractAsyncContextManager[AsyncConnection]:
    """One transaction: clean exit commits, an error undoes. Raises CannotSave when it cannot."""
    if engine.dialect.name == "postgresql":
        return OnLine(engine)
    return (
        InTurn(engine)
        if _SINGLE.items() <= engine.get_execution_options().items()
        else in_file(engine)
    )


def single(engine: AsyncEngine) -> AsyncEngine:
    """The same for transactions of one statement: it commits by itself, as durably. On PostgreSQL a
    BEGIN and a COMMIT would be two more trips to the server, on SQLite one more to the thread."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine.execution_options(**_SINGLE)


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


async def clock_of(engine: AsyncEngine) -> datetime | None:
    """What time it is on the database's own machine; None where that is ours."""
    if engine.dialect.name != "postgresql":
        return None
    async with engine.connect() as connection:
        found: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return found


def _careful_sqlite(raw: Any, entry: ConnectionPoolEntry) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves
    cursor = raw.cursor()
    cursor.execute(PATIENCE)
    _write_ahead(cursor)
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Where several open a new file at once one of them turns it over, and SQLite has no patience with
    the others, whatever it was told: they ask again."""
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > ends:
                raise


def _quiet_postgres(raw: Any, entry: ConnectionPoolEntry) -> None:
    cursor = raw.cursor()
    cursor.execute(_OUTLIVED.format(GONE_AFTER))
    cursor.execute("SELECT current_setting('is_superuser')")
    if cursor.fetchone()[0] == "on":
        for name, quiet in list(QUIET.items())[:_PER_SESSION]:
            cursor.execute(f"SET SESSION {name} = '{quiet}'")
    cursor.close()
    raw.commit()


def _not_cut(raw: Any, entry: ConnectionPoolEntry, fairy: Any) -> None:
    """Another connection instead of one that the server has closed, which is known here without a
    word to it. (SQLAlchemy's ping goes to the server and back three times, before everything.)"""
    if raw.driver_connection.is_closed():
        raise DisconnectionError


def _begin_sqlite(connection: Any) -> None:
    if connection.get_execution_options().get("single"):
        return
    connection.connection.driver_connection.begin()
