"""Digests in SQL: when they are due, how far they have come, and what they said."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId
from bot.domain.digests import Plan, Standing
from bot.ports import DigestRow
from storage.tables import digest_weeks, digests

_GET = select(digests).where(digests.c.community == bindparam("_id"))
_HELD = _GET.with_for_update()
_KEEP = update(digests).where(digests.c.community == bindparam("_id"))
_DUE = select(digests.c.community).where(digests.c.due <= bindparam("now")).order_by(digests.c.due)


class SqlDigests(ports.Digests):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: DigestRow) -> None:
        await self._connection.execute(insert(digests).values(_to_row(row)))

    async def held(self, community: CommunityId) -> DigestRow:
        return await self._one(_HELD, community)

    async def get(self, community: CommunityId) -> DigestRow:
        return await self._one(_GET, community)

    async def keep(self, row: DigestRow) -> None:
        await self._connection.execute(_KEEP, {"_id": row.community} | _to_row(row))

    async def due(self, now: datetime) -> Sequence[CommunityId]:
        return [CommunityId(id) for id in await self._connection.scalars(_DUE, {"now": now})]

    async def nowhere(self) -> int:
        unheard = (digests.c.nowhere.is_(True), digests.c.due.is_not(None))
        query = select(func.count()).select_from(digests).where(*unheard)
        return int((await self._connection.execute(query)).scalar_one())

    async def publish(self, community: CommunityId, week: date, sealed: bytes) -> None:
        values = {"community": community, "week": week, "sealed": sealed}
        await self._connection.execute(insert(digest_weeks).values(values))

    async def published(self, community: CommunityId, week: date) -> bytes | None:
        mine = (digest_weeks.c.community == community, digest_weeks.c.week == week)
        found: bytes | None = await self._connection.scalar(
            select(digest_weeks.c.sealed).where(*mine)
        )
        return found

    async def weeks(self, community: CommunityId) -> list[date]:
        query = select(digest_weeks.c.week).where(digest_weeks.c.community == community)
        return list(await self._connection.scalars(query.order_by(digest_weeks.c.week)))

    async def forget(self, community: CommunityId, before: date) -> None:
        old = (digest_weeks.c.community == community, digest_weeks.c.week < before)
        await self._connection.execute(delete(digest_weeks).where(*old))

    async def _one(self, query: Any, id: CommunityId) -> DigestRow:
        return _from_row((await self._connection.execute(query, {"_id": id})).mappings().one())


def _to_row(one: DigestRow) -> dict[str, Any]:
    plan, standing = one.plan, one.standing
    settings = {
        "weekday": plan.weekday,
        "at": plan.at.isoformat(timespec="minutes"),
        "zone": plan.zone,
        "language": plan.language,
    }
    return {
        "community": one.community,
        "settings": settings,
        "sealed_addresses": one.sealed_addresses,
        "revision": one.revision,
        "due": one.due,
        "nowhere": one.nowhere,
        "first": standing.first,
        "done": standing.done,
        "sent": standing.sent,
        "serial": standing.serial,
        "since": standing.since,
        "carried": one.carried,
    }


def _from_row(row: RowMapping) -> DigestRow:
    known = row["settings"]
    at = time.fromisoformat(known["at"])
    return DigestRow(
        community=CommunityId(row["community"]),
        plan=Plan(known["weekday"], at, known["zone"], known["language"]),
        standing=Standing(row["first"], row["done"], row["since"], row["sent"], row["serial"]),
        due=row["due"],
        revision=row["revision"],
        nowhere=row["nowhere"],
        sealed_addresses=row["sealed_addresses"],
        carried=row["carried"],
    )
