"""What waits for its slot, in SQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId
from bot.domain.grievances.intake import Waiting
from storage.tables import waiting


def insert_or_nothing(connection: AsyncConnection, table: Any, *unique: str) -> Any:
    """INSERT ... ON CONFLICT DO NOTHING, in the dialect of the connection.

    ``unique`` names the columns whose conflict is expected; without it, any conflict is.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing(index_elements=unique or None)


class SqlGrievances(ports.Grievances):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def wait(self, row: Waiting) -> None:
        keep = insert_or_nothing(self._connection, waiting).values(_to_row(row))
        await self._connection.execute(keep)

    async def found(self, lookups: Collection[bytes]) -> Waiting | None:
        rows = await self._all(select(waiting).where(waiting.c.lookup.in_(lookups)))
        return rows[0] if rows else None

    async def said(self, key: str) -> list[Waiting]:
        mine = (waiting.c.key == key, waiting.c.lookup.is_(None))
        return await self._all(select(waiting).where(*mine))

    async def due(self, community: CommunityId, slot: datetime) -> list[Waiting]:
        # Ordered by a random id: the same on every database, and it says nothing.
        mine = (waiting.c.community == community, waiting.c.slot <= slot)
        return await self._all(select(waiting).where(*mine).order_by(waiting.c.id))

    async def put_off(self, row: Waiting) -> None:
        change = update(waiting).where(waiting.c.id == row.id).values(_to_row(row))
        await self._connection.execute(change)

    async def leave(self, ids: Collection[str]) -> None:
        await self._connection.execute(delete(waiting).where(waiting.c.id.in_(ids)))

    async def leave_all(self, key: str) -> None:
        await self._connection.execute(delete(waiting).where(waiting.c.key == key))

    async def _all(self, query: Any) -> list[Waiting]:
        found = await self._connection.execute(query)
        return [_from_row(row) for row in found.mappings()]


def _to_row(one: Waiting) -> dict[str, Any]:
    return {
        "id": one.id,
        "community": one.community,
        "slot": one.slot,
        "lookup": one.lookup,
        "key": one.key,
        "sealed": one.sealed,
    }


def _from_row(row: RowMapping) -> Waiting:
    return Waiting(
        row["id"],
        CommunityId(row["community"]),
        row["slot"],
        row["lookup"],
        row["key"],
        row["sealed"],
    )
