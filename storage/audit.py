"""The audit chain in SQL: a week's acts until they enter it, and its pages."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId
from bot.ports import AuditPage
from storage.arrays import among, given, handed, listed
from storage.tables import audit, audit_acts


def _last(mine: ColumnElement[bool]) -> Any:
    newest = select(audit.c.community, func.max(audit.c.place)).where(mine)
    key = tuple_(audit.c.community, audit.c.place)
    return select(audit).where(key.in_(newest.group_by(audit.c.community)))


def _acts(mine: ColumnElement[bool]) -> Any:
    return select(audit_acts).where(mine).order_by(audit_acts.c.id)


_KEEP_ACT, _ADD_EACH = insert(audit_acts), insert(audit)
_DROP_ACTS = delete(audit_acts).where(listed(audit_acts.c.id))
_PAGES = given(*audit.c)
_ADD_ALL = insert(audit).from_select([one.name for one in audit.c], select(*_PAGES.c))
_LAST_OF_ALL, _LAST_OF_EACH = _last(among(audit.c.community)), _last(listed(audit.c.community))
_ACTS_OF_ALL = _acts(among(audit_acts.c.community))
_ACTS_OF_EACH = _acts(listed(audit_acts.c.community))


class SqlAudit(ports.AuditShelf):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._arrays = connection.dialect.name == "postgresql"

    async def keep_act(self, id: str, community: CommunityId, sealed: bytes) -> None:
        row = {"id": id, "community": community, "sealed": sealed}
        await self._connection.execute(_KEEP_ACT, row)

    async def acts(
        self, communities: Collection[CommunityId]
    ) -> list[tuple[str, CommunityId, bytes]]:
        query = _ACTS_OF_ALL if self._arrays else _ACTS_OF_EACH
        found = await self._connection.execute(query, {"ids": list(communities)})
        return [(row.id, CommunityId(row.community), row.sealed) for row in found]

    async def drop_acts(self, ids: Collection[str]) -> None:
        await self._connection.execute(_DROP_ACTS, {"ids": list(ids)})

    async def last(self, communities: Collection[CommunityId]) -> dict[CommunityId, AuditPage]:
        query = _LAST_OF_ALL if self._arrays else _LAST_OF_EACH
        found = (await self._connection.execute(query, {"ids": list(communities)})).mappings()
        return {page.community: page for page in map(_from_row, found)}

    async def add(self, pages: Sequence[AuditPage]) -> None:
        rows = [_to_row(page) for page in pages]
        if self._arrays:
            await self._connection.execute(_ADD_ALL, handed(rows))
        else:
            await self._connection.execute(_ADD_EACH, rows)

    async def pages(self, community: CommunityId) -> list[AuditPage]:
        query = select(audit).where(audit.c.community == community).order_by(audit.c.place)
        return [_from_row(row) for row in (await self._connection.execute(query)).mappings()]

    async def forget(self, pages: Collection[tuple[CommunityId, int]]) -> None:
        mine = tuple_(audit.c.community, audit.c.place).in_(pages)
        await self._connection.execute(update(audit).where(mine).values(sealed=None))


def _to_row(page: AuditPage) -> dict[str, Any]:
    return {
        "community": page.community,
        "place": page.place,
        "commitment": page.commitment,
        "head": page.head,
        "sealed": page.sealed,
    }


def _from_row(row: RowMapping) -> AuditPage:
    return AuditPage(**{**row, "community": CommunityId(row["community"])})
