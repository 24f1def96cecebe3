"""Tombstones, in the key store: what was destroyed is never made again.

Whoever makes a key and whoever destroys one hold its names first, both in one order.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.asking import ask
from storage.inserting import insert_or_nothing
from storage.tables import tombstones

_HOLD = text("""
    SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
    FROM unnest(CAST(:names AS text[])) AS name
""")


async def hold(run: AsyncConnection, names: Collection[str]) -> None:
    """Nobody makes a key while it is being destroyed: SQLite has one writer, PostgreSQL a lock."""
    if run.dialect.name == "postgresql":
        await ask(run, _HOLD, {"names": sorted(names)})


async def buried(run: AsyncConnection, names: Collection[str]) -> set[str]:
    """Those that were destroyed, not merely missing."""
    return set(await run.scalars(select(tombstones.c.id).where(tombstones.c.id.in_(list(names)))))


async def bury(run: AsyncConnection, names: Collection[str], on: datetime) -> None:
    rows = [{"id": name, "slot": on} for name in sorted(names)]
    await run.execute(insert_or_nothing(run, tombstones), rows)
