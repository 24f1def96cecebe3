"""Released cases and their entries, in SQL."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId
from bot.ports import CaseRow, Dates, EntryRow
from storage.grievances import insert_or_nothing
from storage.tables import cases, entries


class SqlCases(ports.Cases):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, case: CaseRow) -> None:
        await self._connection.execute(
            insert_or_nothing(self._connection, cases, "lookup").values(asdict(case))
        )

    async def add_entry(self, entry: EntryRow) -> None:
        await self._connection.execute(insert(entries).values(asdict(entry)))

    async def set_dates(self, case: str, dates: Dates) -> None:
        change = update(cases).where(cases.c.id == case).values(asdict(dates))
        await self._connection.execute(change)

    async def found(self, lookups: Collection[bytes]) -> CaseRow | None:
        return await self._one(select(cases).where(cases.c.lookup.in_(lookups)))

    async def with_ids(self, ids: Collection[str]) -> list[CaseRow]:
        return await self._all(select(cases).where(cases.c.id.in_(ids)).order_by(cases.c.id))

    async def with_key(self, key: str) -> CaseRow | None:
        return await self._one(select(cases).where(cases.c.key == key).with_for_update())

    async def numbered(self, community: CommunityId, number: str) -> CaseRow | None:
        mine = (cases.c.number == number, cases.c.community == community)
        return await self._one(select(cases).where(*mine).with_for_update())

    async def is_taken(self, number: str) -> bool:
        query = select(cases.c.id).where(cases.c.number == number)
        return await self._connection.scalar(query) is not None

    async def live(self, community: CommunityId) -> list[CaseRow]:
        mine = (cases.c.community == community, cases.c.live.is_(True))
        return await self._all(select(cases).where(*mine).order_by(cases.c.id))

    async def lately(self, community: CommunityId, gone: datetime) -> list[str]:
        # Two looks, each along an index of its own.
        mine = cases.c.community == community
        live = select(cases.c.id).where(mine, cases.c.live.is_(True))
        ended = select(cases.c.id).where(mine, cases.c.gone > gone)
        return sorted(await self._connection.scalars(live.union(ended)))

    async def entries(self, cases_: Collection[str]) -> list[EntryRow]:
        query = select(entries).where(entries.c.case.in_(cases_)).order_by(entries.c.id)
        found = await self._connection.execute(query)
        return [EntryRow(**row) for row in found.mappings()]

    async def expired(self, community: CommunityId, slot: datetime) -> list[CaseRow]:
        mine = (cases.c.community == community, cases.c.gone <= slot)
        return await self._all(select(cases).where(*mine).order_by(cases.c.id).with_for_update())

    async def looked_for(self, now: datetime) -> list[CommunityId]:
        query = select(cases.c.community).where(cases.c.look <= now).distinct()
        found = await self._connection.scalars(query.order_by(cases.c.community))
        return [CommunityId(id) for id in found]

    async def to_look_at(self, community: CommunityId, upto: datetime, most: int) -> list[CaseRow]:
        mine = (cases.c.community == community, cases.c.look <= upto)
        query = select(cases).where(*mine).order_by(cases.c.look, cases.c.id).limit(most)
        return await self._all(query.with_for_update())

    async def next_look(self) -> datetime | None:
        query = select(cases.c.look).where(cases.c.look.is_not(None))
        found: datetime | None = await self._connection.scalar(
            query.order_by(cases.c.look).limit(1)
        )
        return found

    async def next_due(self, now: datetime) -> datetime | None:
        query = select(cases.c.due).where(cases.c.due > now).order_by(cases.c.due).limit(1)
        found: datetime | None = await self._connection.scalar(query)
        return found

    async def remove(self, id: str) -> None:
        await self._connection.execute(delete(entries).where(entries.c.case == id))
        await self._connection.execute(delete(cases).where(cases.c.id == id))

    async def _one(self, query: Any) -> CaseRow | None:
        rows = await self._all(query)
        return rows[0] if rows else None

    async def _all(self, query: Any) -> list[CaseRow]:
        found = await self._connection.execute(query)
        return [_from_row(row) for row in found.mappings()]


def _from_row(row: RowMapping) -> CaseRow:
    return CaseRow(**{**row, "community": CommunityId(row["community"])})
