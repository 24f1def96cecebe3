"""What waits for its slot, in SQL."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, bindparam, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId
from bot.domain.grievances.intake import Waiting
from storage.arrays import among, handed_over, listed
from storage.asking import ask_one
from storage.inserting import insert_or_nothing
from storage.tables import cases, communities, waiting

_FOUND = select(waiting).where(
    listed(waiting.c.lookup), waiting.c.community == bindparam("community")
)
_SAID = select(waiting).where(waiting.c.key == bindparam("key"), waiting.c.lookup.is_(None))
#: Ordered by a random id: the same on every database, and it says nothing.
_DUE = (
    select(waiting)
    .where(waiting.c.community == bindparam("community"), waiting.c.slot <= bindparam("slot"))
    .order_by(waiting.c.id)
)
_CHANGE = update(waiting).where(waiting.c.id == bindparam("_id"))
_NEW = {column.name: bindparam(column.name, type_=column.type) for column in waiting.columns}
_TO_COME = communities.c.next_slot <= _NEW["slot"]  #: the slot of what is new
_LEAVE = delete(waiting).where(listed(waiting.c.id))
_LEAVE_ALL = delete(waiting).where(waiting.c.key == bindparam("key"))


#: On PostgreSQL: one trip for what would be four. See the migration.
_HOLD_AND_FILE = select(
    func.file_case(
        *_NEW.values(),
        handed_over(waiting.c.lookup, "lookups"),
        handed_over(cases.c.lookup, "released"),
    )
)


@cache
def _file(name: str, *of_community: ColumnElement[bool]) -> Any:
    """A case, where its community is there and nothing with any of its lookups is."""
    postgres = name == "postgresql"
    dialect, one_of = (postgresql, among) if postgres else (sqlite, listed)
    new = select(*_NEW.values()).where(
        exists().where(communities.c.id == _NEW["community"], *of_community),
        ~exists().where(one_of(waiting.c.lookup, "lookups")),
        ~exists().where(one_of(cases.c.lookup, "released")),
    )
    keep = dialect.insert(waiting).from_select([*_NEW], new)
    return keep.on_conflict_do_nothing().returning(waiting.c.id)


class SqlGrievances(ports.Grievances):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def wait(self, row: Waiting) -> None:
        await self._connection.execute(insert_or_nothing(self._connection, waiting), _to_row(row))

    async def file(
        self, row: Waiting, lookups: Collection[bytes], released: Collection[bytes]
    ) -> bool:
        return await self._file(_file(self._connection.dialect.name), row, lookups, released)

    async def hold_and_file(
        self, row: Waiting, lookups: Collection[bytes], released: Collection[bytes]
    ) -> bool:
        # SQLite has one writer: whoever writes holds all there is.
        postgres = self._connection.dialect.name == "postgresql"
        how = _HOLD_AND_FILE if postgres else _file("sqlite", _TO_COME)
        return await self._file(how, row, lookups, released)

    async def found(self, community: CommunityId, lookups: Collection[bytes]) -> Waiting | None:
        rows = await self._all(_FOUND, community=community, ids=list(lookups))
        return rows[0] if rows else None

    async def said(self, key: str) -> list[Waiting]:
        return await self._all(_SAID, key=key)

    async def due(self, community: CommunityId, slot: datetime) -> list[Waiting]:
        return await self._all(_DUE, community=community, slot=slot)

    async def put_off(self, row: Waiting) -> None:
        await self._connection.execute(_CHANGE, {"_id": row.id} | _to_row(row))

    async def leave(self, ids: Collection[str]) -> None:
        await self._connection.execute(_LEAVE, {"ids": list(ids)})

    async def leave_all(self, key: str) -> None:
        await self._connection.execute(_LEAVE_ALL, {"key": key})

    async def _file(
        self, how: Any, row: Waiting, lookups: Collection[bytes], released: Collection[bytes]
    ) -> bool:
        given = _to_row(row) | {"lookups": list(lookups), "released": list(released)}
        return bool(await ask_one(self._connection, how, given))

    async def _all(self, query: Any, **given: Any) -> list[Waiting]:
        found = await self._connection.execute(query, given)
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
