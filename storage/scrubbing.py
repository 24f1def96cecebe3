"""Takes away what still lies in a database of rows that are gone, and the order in which they came.

On SQLite the log is folded into the file and emptied. PostgreSQL keeps a dead row until a table is
vacuumed. Freed bytes within a page, and the server's own log, are beyond what is done here.
"""

import sqlite3
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.errors import CannotSave
from storage.engine import PATIENCE, transaction

#: What must not linger: ballots and comments in the database; keys and drafts in the key store.
_TABLES = (
    "ballots",
    "polls",
    "poll_keys",
    "case_keys",
    "community_keys",
    "drafts",
    "daily_keys",
)

_FOLD_AT_ONCE = "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)"

#: The server knows when anybody vacuumed a table last: a busy one is left alone for a minute, by
#: however many processes. What is not here counts as nothing. All this is a few seconds late.
_DEAD = text("""
    SELECT name FROM unnest(CAST(:names AS text[])) AS name
    WHERE pg_stat_get_dead_tuples(to_regclass(name)) > 0
    AND coalesce(pg_stat_get_last_vacuum_time(to_regclass(name)) < now() - interval '1 minute', true)
""")


async def scrub(engine: AsyncEngine, *tables: str) -> None:
    """``tables``: those from which something was destroyed just now. They are vacuumed at once, the
    others when the server counts dead rows in them. Raises CannotSave when it cannot."""
    if engine.dialect.name == "sqlite":
        await _fold(engine)
        return
    beside = engine.execution_options(isolation_level="AUTOCOMMIT")  # VACUUM must stand alone
    async with transaction(beside) as connection:
        for table in tables:
            await _vacuum(connection, table)
        if not tables:
            for table in await connection.scalars(_DEAD, {"names": list(_TABLES)}):
                await _vacuum(connection, table, "SKIP_LOCKED")  # somebody is at it already


async def _fold(engine: AsyncEngine) -> None:
    """Waits for nobody who reads, such as a backup: everybody else would wait for us meanwhile. What
    cannot be emptied now is at the next tick."""
    try:
        async with engine.connect() as connection:
            # Beside SQLAlchemy's transactions, in which SQLite refuses to checkpoint.
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.beside(_FOLD_AT_ONCE, then=PATIENCE)
    except (OperationalError, sqlite3.OperationalError) as problem:
        raise CannotSave from problem


async def _vacuum(connection: AsyncConnection, table: str, *more: str) -> None:
    """The index, too: it says where in the table each row once lay."""
    how = ", ".join(("INDEX_CLEANUP ON", *more))
    await connection.execute(text(f"VACUUM ({how}) {table}"))
