"""The audit chain in SQL: a week's acts until they enter it, and its pages."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import RowMapping, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId
from bot.ports import AuditPage
from storage.tables import audit, audit_acts


class SqlAudit(ports.AuditShelf):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep_act(self, id: str, community: CommunityId, sealed: bytes) -> None:
        row = {"id": id, "community": community, "sealed": sealed}
        await self._connection.execute(insert(audit_acts).values(row))

    async def acts(
        self, communities: Collection[CommunityId]
    ) -> list[tuple[str, CommunityId, bytes]]:
        query = select(audit_acts).where(audit_acts.c.community.in_(communities))
        found = await self._connection.execute(query.order_by(audit_acts.c.id))
        return [(row.id, CommunityId(row.community), row.sealed) for row in found]

    async def drop_acts(self, ids: Collection[str]) -> None:
        await self._connection.execute(delete(audit_acts).where(audit_acts.c.id.in_(ids)))

    async def last(self, communities: Collection[CommunityId]) -> dict[CommunityId, AuditPage]:
        mine = audit.c.community.in_(communities)
        newest = select(audit.c.community, func.max(audit.c.place)).where(mine)
        key = tuple_(audit.c.community, audit.c.place)
        query = select(audit).where(key.in_(newest.group_by(audit.c.community)))
        found = (await self._connection.execute(query)).mappings()
        return {page.community: page for page in map(_from_row, found)}

    async def add(self, pages: Sequence[AuditPage]) -> None:
        await self._connection.execute(insert(audit), [asdict(page) for page in pages])

    async def pages(self, community: CommunityId) -> list[AuditPage]:
        query = select(audit).where(audit.c.community == community).order_by(audit.c.place)
        return [_from_row(row) for row in (await self._connection.execute(query)).mappings()]

    async def forget(self, pages: Collection[tuple[CommunityId, int]]) -> None:
        mine = tuple_(audit.c.community, audit.c.place).in_(pages)
        await self._connection.execute(update(audit).where(mine).values(sealed=None))


def _from_row(row: RowMapping) -> AuditPage:
    return AuditPage(**{**row, "community": CommunityId(row["community"])})
