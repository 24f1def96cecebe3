"""Communities, their spaces and their staff, in SQL."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import (
    Community,
    CommunityId,
    Policy,
    RoomKind,
    Slots,
    Space,
    StaffId,
    Trust,
)
from bot.ports import AccountRow, SpaceRow, StaffRow
from storage.tables import accounts, communities, spaces, staff


class SqlCommunities(ports.Communities):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(
        self,
        community: Community,
        spaces_: Sequence[SpaceRow],
        staff_: Sequence[StaffRow],
        accounts_: Sequence[AccountRow],
    ) -> None:
        run = self._connection.execute
        await run(insert(communities).values(_to_row(community)))
        for space in spaces_:
            await run(insert(spaces).values(_space_to_row(space)))
        for person in staff_:
            values = {
                "id": person.id,
                "community": community.id,
                "roles": list(person.roles),
                "named": person.named,
                "sealed_name": person.sealed_name,
            }
            await run(insert(staff).values(values))
        for account in accounts_:
            values = {"mark": account.mark, "staff": account.staff, "sealed": account.sealed}
            await run(insert(accounts).values(values))

    async def at(self, mark: bytes) -> CommunityId | None:
        query = select(spaces.c.community).where(spaces.c.mark == mark)
        found = await self._connection.scalar(query)
        return CommunityId(found) if found else None

    async def get(
        self, id: CommunityId
    ) -> tuple[Community, list[SpaceRow], list[StaffRow], list[AccountRow]] | None:
        row = await self._one(select(communities).where(communities.c.id == id))
        if row is None:
            return None
        places = await self._all(
            select(spaces).where(spaces.c.community == id).order_by(spaces.c.name)
        )
        people = await self._all(select(staff).where(staff.c.community == id).order_by(staff.c.id))
        reached = await self._all(
            select(accounts).join(staff).where(staff.c.community == id).order_by(accounts.c.mark)
        )
        return (
            _from_row(row),
            [_space_from_row(one) for one in places],
            [_staff_from_row(one) for one in people],
            [AccountRow(one["mark"], StaffId(one["staff"]), one["sealed"]) for one in reached],
        )

    async def revision(self, id: CommunityId) -> int | None:
        query = select(communities.c.revision).where(communities.c.id == id)
        found: int | None = await self._connection.scalar(query)
        return found

    async def all(self) -> list[CommunityId]:
        query = select(communities.c.id).order_by(communities.c.id)
        return [CommunityId(id) for id in await self._connection.scalars(query)]

    async def hold(self, id: CommunityId, *, alone: bool = False) -> None:
        if self._connection.dialect.name == "postgresql":  # SQLite has one writer anyway
            lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
            key = func.hashtextextended(id, 0)
            await self._connection.execute(select(getattr(func, lock)(key)))

    async def due(self, now: datetime) -> list[CommunityId]:
        query = select(communities.c.id).where(communities.c.next_slot <= now)
        found = await self._connection.scalars(query.order_by(communities.c.next_slot))
        return [CommunityId(id) for id in found]

    async def next_slot(self) -> datetime | None:
        query = select(communities.c.next_slot).where(communities.c.next_slot.is_not(None))
        found: datetime | None = await self._connection.scalar(
            query.order_by(communities.c.next_slot).limit(1)
        )
        return found

    async def next_slot_of(self, id: CommunityId) -> datetime | None:
        query = select(communities.c.next_slot).where(communities.c.id == id)
        found: datetime | None = await self._connection.scalar(query)
        return found

    async def set_next_slot(self, id: CommunityId, slot: datetime) -> None:
        change = update(communities).where(communities.c.id == id).values(next_slot=slot)
        await self._connection.execute(change)

    async def _one(self, query: Any) -> RowMapping | None:
        return (await self._connection.execute(query)).mappings().one_or_none()

    async def _all(self, query: Any) -> Sequence[RowMapping]:
        return (await self._connection.execute(query)).mappings().all()


def _to_row(one: Community) -> dict[str, Any]:
    settings = {
        "language": one.language,
        "zone": one.slots.zone,
        "weekdays": list(one.slots.weekdays),
        "at": one.slots.at.isoformat(timespec="minutes"),
        "categories": list(one.categories),
        "members": one.members,
        "first_answer_hours": one.policy.first_answer // timedelta(hours=1),
        "outside_body": one.policy.outside_body,
        "on_duty": list(one.policy.on_duty),
    }
    known = {"id": one.id, "name": one.name, "code": one.code}
    return {**known, "settings": settings, "revision": 1}


def _from_row(row: RowMapping) -> Community:
    known = row["settings"]
    return Community(
        id=CommunityId(row["id"]),
        name=row["name"],
        code=row["code"],
        language=known["language"],
        slots=Slots(known["zone"], tuple(known["weekdays"]), time.fromisoformat(known["at"])),
        categories=tuple(known["categories"]),
        policy=Policy(
            timedelta(hours=known["first_answer_hours"]),
            known["outside_body"],
            tuple(StaffId(one) for one in known["on_duty"]),
        ),
        members=known["members"],
    )


def _space_to_row(row: SpaceRow) -> dict[str, Any]:
    space = row.space
    return {
        "id": space.id,
        "community": row.community,
        "mark": row.mark,
        "platform": space.platform,
        "address": space.address,
        "name": space.name,
        "trust": space.trust.value,
        "rooms": {kind.value: room for kind, room in space.rooms.items()},
    }


def _space_from_row(row: RowMapping) -> SpaceRow:
    rooms = {RoomKind(kind): room for kind, room in row["rooms"].items()}
    trust = Trust(row["trust"])
    space = Space(row["id"], row["platform"], row["address"], row["name"], trust, rooms)
    return SpaceRow(space, CommunityId(row["community"]), row["mark"])


def _staff_from_row(row: RowMapping) -> StaffRow:
    return StaffRow(StaffId(row["id"]), tuple(row["roles"]), row["named"], row["sealed_name"])
