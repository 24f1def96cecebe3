"""The outbox in SQL: leased with SKIP LOCKED on PostgreSQL, in one process on SQLite."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId, RoomKind, StaffId
from bot.ports import Parcel
from storage.tables import outbox

_AT_ONCE = datetime.fromtimestamp(0, UTC)


class SqlOutbox(ports.Outbox):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, parcel: Parcel) -> None:
        await self._connection.execute(insert(outbox).values(_to_row(parcel)))

    async def claim(self, now: datetime, lease: timedelta, most: int) -> list[Parcel]:
        query = (
            select(outbox)
            .where(outbox.c.next_try <= now)
            .order_by(outbox.c.next_try, outbox.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        found = (await self._connection.execute(query)).mappings().all()
        ids = [row["id"] for row in found]
        change = update(outbox).where(outbox.c.id.in_(ids)).values(next_try=now + lease)
        await self._connection.execute(change)
        return [_from_row(row) for row in found]

    async def delivered(self, id: str) -> None:
        await self._connection.execute(delete(outbox).where(outbox.c.id == id))

    async def failed(self, id: str, next_try: datetime | None) -> None:
        change = update(outbox).where(outbox.c.id == id)
        values = {"tries": outbox.c.tries + 1, "next_try": next_try}
        await self._connection.execute(change.values(values))


def _to_row(one: Parcel) -> dict[str, Any]:
    return {
        "id": one.id,
        "community": one.community,
        "notice": one.notice,
        "facts": dict(one.facts),
        "staff": one.staff,
        "space": one.space,
        "room": one.room.value if one.room else None,
        "tries": one.tries,
        "next_try": _AT_ONCE,
    }


def _from_row(row: RowMapping) -> Parcel:
    return Parcel(
        id=row["id"],
        community=CommunityId(row["community"]),
        notice=row["notice"],
        facts=row["facts"],
        staff=StaffId(row["staff"]) if row["staff"] else None,
        space=row["space"],
        room=RoomKind(row["room"]) if row["room"] else None,
        tries=row["tries"],
    )
