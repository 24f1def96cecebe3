"""The key store: case keys and drafts, in a database of their own, outside the long backups.

SQLite with secure_delete and a truncating checkpoint left no trace of a destroyed key when tried;
a key in the database it protects would survive in that database's log.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import ports
from bot.ports import Stored, Wrapped
from storage.engine import scrub, transaction
from storage.grievances import insert_or_nothing
from storage.tables import case_keys, daily_keys, drafts, tombstones
from storage.work import shown_rows


class SqlKeys(ports.Keys):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def make(self, id: str, wrapped: Wrapped) -> bool:
        async with transaction(self._engine) as run:
            await _hold(run, [id])
            if await run.scalar(select(tombstones.c.id).where(tombstones.c.id == id)):
                return False
            row = {"id": id, "wrapped": wrapped, "settled": False, "missed": None}
            await run.execute(insert_or_nothing(run, case_keys).values(row))
        return True

    async def get(self, ids: Collection[str]) -> dict[str, Wrapped]:
        query = select(case_keys.c.id, case_keys.c.wrapped).where(case_keys.c.id.in_(ids))
        async with transaction(self._engine) as run:
            return {row.id: Wrapped(row.wrapped) for row in await run.execute(query)}

    async def destroy(self, ids: Collection[str], on: datetime) -> None:
        if not ids:
            return
        async with transaction(self._engine) as run:
            await _hold(run, ids)
            await run.execute(delete(case_keys).where(case_keys.c.id.in_(ids)))
            for id in sorted(ids):
                row = {"id": id, "slot": on}
                await run.execute(insert_or_nothing(run, tombstones).values(row))
        await scrub(self._engine)

    async def destroyed(self, ids: Collection[str]) -> set[str]:
        query = select(tombstones.c.id).where(tombstones.c.id.in_(ids))
        async with transaction(self._engine) as run:
            return set(await run.scalars(query))

    async def settle(self, ids: Collection[str]) -> None:
        change = update(case_keys).where(case_keys.c.id.in_(ids))
        async with transaction(self._engine) as run:
            await run.execute(change.values(settled=True, missed=None))

    async def unsettled(self) -> dict[str, datetime | None]:
        query = select(case_keys.c.id, case_keys.c.missed).where(case_keys.c.settled.is_(False))
        async with transaction(self._engine) as run:
            return {row.id: row.missed for row in await run.execute(query.order_by(case_keys.c.id))}

    async def missed(self, ids: Collection[str], slot: datetime) -> None:
        change = update(case_keys).where(case_keys.c.id.in_(ids))
        async with transaction(self._engine) as run:
            await run.execute(change.values(missed=slot))

    async def keep_draft(self, id: bytes, sealed: bytes, until: datetime) -> None:
        row: dict[str, Any] = {"id": id, "sealed": sealed, "until": until}
        async with transaction(self._engine) as run:
            dialect = postgresql if run.dialect.name == "postgresql" else sqlite
            keep = dialect.insert(drafts).values(row)
            new = {"sealed": keep.excluded.sealed, "until": keep.excluded.until}
            await run.execute(keep.on_conflict_do_update(index_elements=["id"], set_=new))

    async def draft(self, id: bytes, now: datetime) -> bytes | None:
        query = select(drafts.c.sealed).where(drafts.c.id == id, drafts.c.until > now)
        async with transaction(self._engine) as run:
            found: bytes | None = await run.scalar(query)
        return found

    async def drop_draft(self, id: bytes) -> None:
        async with transaction(self._engine) as run:
            gone = await run.execute(delete(drafts).where(drafts.c.id == id))
        if gone.rowcount:
            await scrub(self._engine)

    async def drop_drafts(self, now: datetime) -> None:
        async with transaction(self._engine) as run:
            gone = await run.execute(delete(drafts).where(drafts.c.until <= now))
        if gone.rowcount:
            await scrub(self._engine)

    async def daily(self, day: date, wrapped: Wrapped) -> Wrapped:
        async with transaction(self._engine) as run:
            row = {"day": day, "wrapped": wrapped}
            await run.execute(insert_or_nothing(run, daily_keys).values(row))
            query = select(daily_keys.c.wrapped).where(daily_keys.c.day == day)
            return Wrapped((await run.execute(query)).scalar_one())

    async def forget_daily(self, before: date) -> None:
        async with transaction(self._engine) as run:
            gone = await run.execute(delete(daily_keys).where(daily_keys.c.day < before))
        if gone.rowcount:
            await scrub(self._engine)

    async def stored(self, key: str) -> Stored:
        """The row of one case's key, for the panel that shows what is kept."""
        async with transaction(self._engine) as run:
            found = await run.execute(select(case_keys).where(case_keys.c.id == key))
            return shown_rows(case_keys, [dict(row) for row in found.mappings()])


async def _hold(run: AsyncConnection, ids: Collection[str]) -> None:
    """Nobody makes a key while it is being destroyed: SQLite has one writer, PostgreSQL a lock."""
    if run.dialect.name == "postgresql":
        for id in sorted(ids):
            await run.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(id, 0))))
