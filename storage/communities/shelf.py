"""The shelf of communities: their rows, those of their spaces and of their staff.

Whatever changes one counts its revision on, so that whoever remembers it loads it anew.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import (
    Change,
    Community,
    CommunityId,
    Rota,
    StaffId,
    Trust,
)
from bot.domain.errors import NoCommunity, SpaceTaken
from bot.ports import AccountRow, PendingRow, SpaceRow, StaffRow
from storage.asking import ask, ask_one
from storage.communities import asked
from storage.communities.rows import (
    UNANSWERED,
    change_from_row,
    from_row,
    rota_to_json,
    space_from_row,
    space_to_row,
    staff_from_row,
    to_row,
)
from storage.inserting import insert_or_nothing
from storage.tables import (
    accounts,
    communities,
    duty_changes,
    grants,
    pending_changes,
    spaces,
    staff,
)


class SqlCommunities(ports.Communities):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._written: set[CommunityId] = set()

    def written(self, id: CommunityId) -> bool:
        return id in self._written

    async def add(
        self,
        community: Community,
        spaces_: Sequence[SpaceRow],
        staff_: Sequence[StaffRow],
        accounts_: Sequence[AccountRow],
    ) -> None:
        run = self._connection.execute
        await run(insert(communities).values(to_row(community)))
        for space in spaces_:
            await run(insert(spaces).values(space_to_row(space)))
        for person in staff_:
            await self.keep_staff(community.id, person)
        for account in accounts_:
            await self.keep_account(community.id, account)
        for change in community.changes:
            await self.keep_change(community.id, change)

    async def at(self, mark: bytes) -> CommunityId | None:
        found = await self._connection.scalar(asked.AT, {"mark": mark})
        return CommunityId(found) if found else None

    async def stands(self, mark: bytes) -> tuple[CommunityId, int] | None:
        found = await ask(self._connection, asked.STANDS, {"mark": mark})
        return (CommunityId(found[0][0]), found[0][1]) if found else None

    async def coded(self, code: str) -> CommunityId | None:
        query = select(communities.c.id).where(communities.c.code == code)
        found = await self._connection.scalar(query)
        return CommunityId(found) if found else None

    async def get(
        self, id: CommunityId
    ) -> tuple[Community, list[SpaceRow], list[StaffRow], list[AccountRow]] | None:
        found = await self._all(asked.COMMUNITY, _id=id)
        if not found:
            return None
        (row,) = found
        places, people = await self._all(asked.SPACES, _id=id), await self._all(asked.STAFF, _id=id)
        reached, held = (
            await self._all(asked.ACCOUNTS, _id=id),
            await self._all(asked.GRANTS, _id=id),
        )
        lies = await self._all(asked.LIES, _id=id)
        community = replace(from_row(row), changes=tuple(change_from_row(one) for one in lies))
        return (
            community,
            [space_from_row(one) for one in places],
            [staff_from_row(one, held) for one in people],
            [AccountRow(one["mark"], StaffId(one["staff"]), one["sealed"]) for one in reached],
        )

    async def revision(self, id: CommunityId) -> int | None:
        found: int | None = await ask_one(self._connection, asked.REVISION, {"_id": id})
        return found

    async def all(self) -> list[CommunityId]:
        query = select(communities.c.id).order_by(communities.c.id)
        return [CommunityId(id) for id in await self._connection.scalars(query)]

    async def names(self) -> list[tuple[CommunityId, str, str]]:
        query = select(communities.c.id, communities.c.name, communities.c.code)
        found = await self._connection.execute(query.order_by(communities.c.id))
        return [(CommunityId(id), name, code) for id, name, code in found]

    async def hard_to_reach(self) -> list[CommunityId]:
        owned = select(spaces.c.community).where(
            spaces.c.trust.in_((Trust.EMPLOYER_OWNED.value, UNANSWERED))
        )
        alone = select(staff.c.community).where(~exists().where(accounts.c.staff == staff.c.id))
        found = await self._connection.scalars(owned.union(alone))
        return [CommunityId(id) for id in sorted(found)]

    async def hold(self, id: CommunityId, *, alone: bool = False) -> None:
        if self._connection.dialect.name == "postgresql":  # SQLite has one writer anyway
            await ask(self._connection, asked.LOCK_ALONE if alone else asked.LOCK, {"_id": id})
        if await self.revision(id) is None:  # asked anew: it may have gone while this waited
            raise NoCommunity

    async def due(self, now: datetime) -> list[CommunityId]:
        found = await self._connection.scalars(asked.DUE, {"now": now})
        return [CommunityId(id) for id in found]

    async def next_slot_of(self, id: CommunityId) -> datetime | None:
        found: datetime | None = await self._connection.scalar(asked.SLOT_OF, {"_id": id})
        return found

    async def set_next_slot(self, id: CommunityId, slot: datetime) -> None:
        await self._connection.execute(asked.SET_SLOT, {"_id": id, "at": slot})

    async def watched(self, now: datetime) -> list[CommunityId]:
        found = await self._connection.scalars(asked.WATCHED, {"now": now})
        return [CommunityId(id) for id in found]

    async def next_watch_of(self, id: CommunityId) -> datetime | None:
        found: datetime | None = await self._connection.scalar(asked.WATCH_OF, {"_id": id})
        return found

    async def set_next_watch(self, id: CommunityId, at: datetime | None) -> None:
        await self._connection.execute(asked.SET_WATCH, {"_id": id, "at": at})

    async def pending(self, id: CommunityId) -> list[PendingRow]:
        query = select(pending_changes).where(pending_changes.c.community == id)
        found = await self._all(query.order_by(pending_changes.c.due, pending_changes.c.id))
        return [PendingRow(one["id"], one["due"], one["sealed"]) for one in found]

    async def to_change(self, now: datetime) -> list[CommunityId]:
        query = select(pending_changes.c.community).where(pending_changes.c.due <= now)
        found = await self._connection.scalars(query.order_by(pending_changes.c.due))
        return [CommunityId(id) for id in dict.fromkeys(found)]

    async def keep_pending(self, community: CommunityId, row: PendingRow) -> None:
        mine = (pending_changes.c.id == row.id, pending_changes.c.community == community)
        values = {"due": row.due, "sealed": row.sealed}
        run = self._connection.execute
        if (await run(update(pending_changes).where(*mine).values(values))).rowcount == 0:
            await run(insert(pending_changes).values(id=row.id, community=community, **values))
        await self._changed(community)

    async def drop_pending(self, community: CommunityId, id: str) -> None:
        mine = (pending_changes.c.id == id, pending_changes.c.community == community)
        await self._connection.execute(delete(pending_changes).where(*mine))
        await self._changed(community)

    async def keep_settings(self, community: Community) -> None:
        row = to_row(community)
        change = update(communities).where(communities.c.id == community.id)
        await self._connection.execute(change.values(name=row["name"], settings=row["settings"]))
        await self._changed(community.id)

    async def keep_space(self, row: SpaceRow) -> None:
        mine = (spaces.c.id == row.space.id, spaces.c.community == row.community)
        values, run = space_to_row(row), self._connection.execute
        if (await run(update(spaces).where(*mine).values(values))).rowcount == 0:
            kept = insert_or_nothing(self._connection, spaces).values(values)
            if (await run(kept)).rowcount == 0:
                raise SpaceTaken
        await self._changed(row.community)

    async def drop_space(self, community: CommunityId, space: str) -> None:
        mine = (spaces.c.id == space, spaces.c.community == community)
        await self._connection.execute(delete(spaces).where(*mine))
        await self._changed(community)

    async def keep_rota(self, id: CommunityId, rota: Rota) -> None:
        mine = communities.c.id == id
        known = await self._connection.scalar(select(communities.c.settings).where(mine))
        settings = {**(known or {}), "rota": rota_to_json(rota)}
        await self._connection.execute(update(communities).where(mine).values(settings=settings))
        await self._changed(id)

    async def keep_staff(self, community: CommunityId, row: StaffRow) -> None:
        run = self._connection.execute
        mine = (staff.c.id == row.id, staff.c.community == community)
        values = {
            "named": row.named,
            "sealed_name": row.sealed_name,
            "sealed_hours": row.sealed_hours,
        }
        if (await run(update(staff).where(*mine).values(values))).rowcount == 0:
            await run(insert(staff).values(id=row.id, community=community, **values))
        await run(delete(grants).where(grants.c.staff == row.id))
        for grant in row.grants:
            dates = {"role": grant.role.value, "begins": grant.begins, "ends": grant.ends}
            await run(insert(grants).values(staff=row.id, **dates))
        await self._changed(community)

    async def keep_account(self, community: CommunityId, row: AccountRow) -> None:
        values = {"mark": row.mark, "staff": row.staff, "sealed": row.sealed}
        mine = (accounts.c.mark == row.mark, accounts.c.staff == row.staff)
        again = update(accounts).where(*mine).values(sealed=row.sealed)
        if (await self._connection.execute(again)).rowcount == 0:
            new = insert_or_nothing(self._connection, accounts).values(values)
            await self._connection.execute(new)
        await self._changed(community)

    async def drop_account(self, community: CommunityId, mark: bytes) -> None:
        theirs = select(staff.c.id).where(staff.c.community == community)
        one = (accounts.c.staff.in_(theirs), accounts.c.mark == mark)
        await self._connection.execute(delete(accounts).where(*one))
        await self._changed(community)

    async def drop_accounts(self, community: CommunityId, staff_: StaffId, keep: bytes) -> None:
        theirs = select(staff.c.id).where(staff.c.id == staff_, staff.c.community == community)
        others = (accounts.c.staff.in_(theirs), accounts.c.mark != keep)
        await self._connection.execute(delete(accounts).where(*others))
        await self._changed(community)

    async def forget_staff(self, community: CommunityId, staff_: StaffId) -> None:
        mine = (staff.c.id == staff_, staff.c.community == community)
        if await self._connection.scalar(select(staff.c.id).where(*mine)) is None:
            return
        for table in (accounts, grants, duty_changes):
            await self._connection.execute(delete(table).where(table.c.staff == staff_))
        await self._connection.execute(delete(staff).where(*mine))
        await self._changed(community)

    async def keep_change(self, community: CommunityId, change: Change) -> None:
        values = {
            "id": change.id,
            "community": community,
            "staff": change.staff,
            "lies": change.lies.value,
            "begins": change.begins,
            "ends": change.ends,
        }
        await self._connection.execute(insert(duty_changes).values(values))
        await self._changed(community)

    async def drop_changes(self, community: CommunityId, ids: Collection[str]) -> None:
        mine = (duty_changes.c.community == community, duty_changes.c.id.in_(ids))
        await self._connection.execute(delete(duty_changes).where(*mine))
        await self._changed(community)

    async def _changed(self, id: CommunityId) -> None:
        """Whoever remembers this community loads it anew."""
        self._written.add(id)
        await self._connection.execute(asked.CHANGED, {"_id": id})

    async def _all(self, query: Any, **given: Any) -> Sequence[RowMapping]:
        return (await self._connection.execute(query, given)).mappings().all()
