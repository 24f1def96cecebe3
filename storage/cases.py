"""Released cases and their entries, in SQL."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId
from bot.ports import CaseRow, Dates, EntryRow
from storage.arrays import listed
from storage.inserting import insert_or_nothing
from storage.tables import cases, entries

_ADD_ENTRY = insert(entries)
_CHANGE = update(cases).where(cases.c.id == bindparam("_id"))
_IN_COMMUNITY = cases.c.community == bindparam("community")
_FOUND = select(cases).where(listed(cases.c.lookup), _IN_COMMUNITY)
_WITH_IDS = select(cases).where(listed(cases.c.id)).order_by(cases.c.id)
_NUMBERED = (
    select(cases).where(cases.c.number == bindparam("number"), _IN_COMMUNITY).with_for_update()
)
_IS_TAKEN = select(cases.c.id).where(cases.c.number == bindparam("number"))
_LIVE = select(cases).where(_IN_COMMUNITY, cases.c.live.is_(True)).order_by(cases.c.id)
#: Two looks, each along an index of its own.
_LATELY = (
    select(cases.c.id)
    .where(_IN_COMMUNITY, cases.c.live.is_(True))
    .union(select(cases.c.id).where(_IN_COMMUNITY, cases.c.gone > bindparam("gone")))
)
_ENTRIES = select(entries).where(listed(entries.c.case)).order_by(entries.c.id)
_EXPIRED = (
    select(cases)
    .where(_IN_COMMUNITY, cases.c.gone <= bindparam("slot"))
    .order_by(cases.c.id)
    .with_for_update()
)
_LOOKED_FOR = (
    select(cases.c.community)
    .where(cases.c.look <= bindparam("now"))
    .distinct()
    .order_by(cases.c.community)
)
_TO_LOOK_AT = (
    select(cases)
    .where(_IN_COMMUNITY, cases.c.look <= bindparam("upto"))
    .order_by(cases.c.look, cases.c.id)
    .limit(bindparam("most"))
    .with_for_update()
)
_NEXT_DUE = select(cases.c.due).where(cases.c.due > bindparam("now")).order_by(cases.c.due).limit(1)


class SqlCases(ports.Cases):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, case: CaseRow) -> None:
        keep = insert_or_nothing(self._connection, cases, "lookup")
        await self._connection.execute(keep, asdict(case))

    async def add_entry(self, entry: EntryRow) -> None:
        await self._connection.execute(_ADD_ENTRY, asdict(entry))

    async def set_dates(self, case: str, dates: Dates) -> None:
        await self._connection.execute(_CHANGE, {"_id": case} | asdict(dates))

    async def found(self, community: CommunityId, lookups: Collection[bytes]) -> CaseRow | None:
        return await self._one(_FOUND, community=community, ids=list(lookups))

    async def with_ids(self, ids: Collection[str]) -> list[CaseRow]:
        return await self._all(_WITH_IDS, ids=list(ids)) if ids else []

    async def with_key(self, key: str) -> CaseRow | None:
        return await self._one(select(cases).where(cases.c.key == key).with_for_update())

    async def numbered(self, community: CommunityId, number: str) -> CaseRow | None:
        return await self._one(_NUMBERED, number=number, community=community)

    async def is_taken(self, number: str) -> bool:
        return await self._connection.scalar(_IS_TAKEN, {"number": number}) is not None

    async def live(self, community: CommunityId) -> list[CaseRow]:
        return await self._all(_LIVE, community=community)

    async def lately(self, community: CommunityId, gone: datetime) -> list[str]:
        given = {"community": community, "gone": gone}
        return sorted(await self._connection.scalars(_LATELY, given))

    async def entries(self, cases_: Collection[str]) -> list[EntryRow]:
        if not cases_:
            return []
        found = await self._connection.execute(_ENTRIES, {"ids": list(cases_)})
        return [EntryRow(**row) for row in found.mappings()]

    async def expired(self, community: CommunityId, slot: datetime) -> list[CaseRow]:
        return await self._all(_EXPIRED, community=community, slot=slot)

    async def looked_for(self, now: datetime) -> list[CommunityId]:
        found = await self._connection.scalars(_LOOKED_FOR, {"now": now})
        return [CommunityId(id) for id in found]

    async def to_look_at(self, community: CommunityId, upto: datetime, most: int) -> list[CaseRow]:
        return await self._all(_TO_LOOK_AT, community=community, upto=upto, most=most)

    async def next_due(self, now: datetime) -> datetime | None:
        found: datetime | None = await self._connection.scalar(_NEXT_DUE, {"now": now})
        return found

    async def remove(self, id: str) -> None:
        await self._connection.execute(delete(entries).where(entries.c.case == id))
        await self._connection.execute(delete(cases).where(cases.c.id == id))

    async def _one(self, query: Any, **given: Any) -> CaseRow | None:
        rows = await self._all(query, **given)
        return rows[0] if rows else None

    async def _all(self, query: Any, **given: Any) -> list[CaseRow]:
        found = await self._connection.execute(query, given)
        return [_from_row(row) for row in found.mappings()]


def _from_row(row: RowMapping) -> CaseRow:
    return CaseRow(**{**row, "community": CommunityId(row["community"])})
