"""Communities, their spaces and their staff, in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import (
    Change,
    Community,
    CommunityId,
    FirstPulse,
    Grant,
    Lies,
    Policy,
    Retention,
    Role,
    RoomKind,
    Rota,
    Slots,
    Space,
    StaffId,
    Step,
    Target,
    Trust,
    Words,
)
from bot.domain.errors import NoCommunity, SpaceTaken
from bot.ports import AccountRow, PendingRow, SpaceRow, StaffRow
from storage import asked
from storage.grievances import insert_or_nothing
from storage.lines import ask, ask_one
from storage.tables import (
    accounts,
    communities,
    duty_changes,
    grants,
    pending_changes,
    spaces,
    staff,
)

_HOUR = timedelta(hours=1)
_UNANSWERED = "unanswered"  #: nobody said yet who can read a space


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
        await run(insert(communities).values(_to_row(community)))
        for space in spaces_:
            await run(insert(spaces).values(_space_to_row(space)))
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
        community = replace(_from_row(row), changes=tuple(_change_from_row(one) for one in lies))
        return (
            community,
            [space_from_row(one) for one in places],
            [_staff_from_row(one, held) for one in people],
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
            spaces.c.trust.in_((Trust.EMPLOYER_OWNED.value, _UNANSWERED))
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
        row = _to_row(community)
        change = update(communities).where(communities.c.id == community.id)
        await self._connection.execute(change.values(name=row["name"], settings=row["settings"]))
        await self._changed(community.id)

    async def keep_space(self, row: SpaceRow) -> None:
        mine = (spaces.c.id == row.space.id, spaces.c.community == row.community)
        values, run = _space_to_row(row), self._connection.execute
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
        settings = {**(known or {}), "rota": _rota_to_json(rota)}
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

    async def keep_rooms(self, community: CommunityId, space: str, rooms: ports.Rooms) -> None:
        mine = (spaces.c.id == space, spaces.c.community == community)
        kept = {kind.value: room for kind, room in rooms.items()}
        await self._connection.execute(update(spaces).where(*mine).values(rooms=kept))
        await self._changed(community)

    async def _changed(self, id: CommunityId) -> None:
        """Whoever remembers this community loads it anew."""
        self._written.add(id)
        await self._connection.execute(asked.CHANGED, {"_id": id})

    async def _all(self, query: Any, **given: Any) -> Sequence[RowMapping]:
        return (await self._connection.execute(query, given)).mappings().all()


def _to_row(one: Community) -> dict[str, Any]:
    settings = {
        "language": one.language,
        "zone": one.slots.zone,
        "weekdays": list(one.slots.weekdays),
        "at": one.slots.at.isoformat(timespec="minutes"),
        "categories": list(one.categories),
        "members": one.members,
        "steps": [_step_to_json(step) for step in one.policy.steps],
        "outside_body": one.policy.outside_body,
        "rota": _rota_to_json(one.rota),
        "opened": int(one.opened.timestamp()) if one.opened else None,
        "floor": one.floor,
        "words": {role.value: label for role, label in one.words.named().items()},
        "kept": _retention_to_json(one.retention),
        "first_pulse": asdict(one.first_pulse) if one.first_pulse else None,
    }
    if one.slots.bridge:
        settings["bridge"] = [int(slot.timestamp()) for slot in one.slots.bridge]
    known = {"id": one.id, "name": one.name, "code": one.code}
    return {**known, "settings": settings, "revision": 1}


def _from_row(row: RowMapping) -> Community:
    known = row["settings"]
    rota = known["rota"]
    return Community(
        id=CommunityId(row["id"]),
        name=row["name"],
        code=row["code"],
        language=known["language"],
        slots=calendar(known["zone"], known["weekdays"], known["at"], known.get("bridge")),
        categories=tuple(known["categories"]),
        policy=Policy(
            tuple(_step_from_json(step) for step in known["steps"]), known["outside_body"]
        ),
        members=known["members"],
        rota=Rota(
            tuple(StaffId(one) for one in rota["order"]),
            rota["weekday"],
            time.fromisoformat(rota["at"]),
            rota["zone"],
        ),
        opened=_moment(known["opened"]),
        floor=known["floor"],
        words=Words(**known.get("words", {})),  # none was kept of a community's before
        retention=_retention_from_json(known.get("kept")),  # nor how long cases are kept
        first_pulse=_first_pulse_from_json(known.get("first_pulse")),
    )


def calendar(zone: str, weekdays: list[int], at: str, bridge: list[int] | None) -> Slots:
    """A community's slots; ``bridge``: those of the calendar before, where there was one."""
    told = [datetime.fromtimestamp(seconds, UTC) for seconds in bridge or ()]
    kept = (told[0], told[1]) if told else None
    return Slots(zone, tuple(weekdays), time.fromisoformat(at), kept)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _retention_to_json(one: Retention) -> dict[str, Any]:
    since = int(one.since.timestamp()) if one.since else None
    return {"days": one.days, "before": one.before, "since": since}


def _retention_from_json(known: dict[str, Any] | None) -> Retention:
    if known is None:
        return Retention()
    return Retention(known["days"], known["before"], _moment(known["since"]))


def _first_pulse_from_json(known: dict[str, Any] | None) -> FirstPulse | None:
    return FirstPulse(**known | {"bank": tuple(known["bank"])}) if known else None


def _rota_to_json(rota: Rota) -> dict[str, Any]:
    return {
        "order": list(rota.order),
        "weekday": rota.weekday,
        "at": rota.at.isoformat(timespec="minutes"),
        "zone": rota.zone,
    }


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "target": step.target.value,
        "within": step.within // _HOUR,
        "repeat": step.repeat // _HOUR if step.repeat else None,
        "people": list(step.people),
    }


def _step_from_json(known: dict[str, Any]) -> Step:
    repeat = known["repeat"]
    return Step(
        Target(known["target"]),
        _HOUR * known["within"],
        _HOUR * repeat if repeat else None,
        tuple(StaffId(one) for one in known["people"]),
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
        "trust": space.trust.value if space.answered else _UNANSWERED,
        "rooms": {kind.value: room for kind, room in space.rooms.items()},
        "gone": space.gone,
        "via": space.via or None,
    }


def space_from_row(row: RowMapping) -> SpaceRow:
    rooms = {RoomKind(kind): room for kind, room in row["rooms"].items()}
    place = (row["id"], row["platform"], row["address"], row["name"])
    space = Space(*place, *trust_of(row["trust"], rooms), row["gone"], row["via"] or "")
    return SpaceRow(space, CommunityId(row["community"]), row["mark"])


def trust_of(kept: str, rooms: dict[RoomKind, str]) -> tuple[Trust, dict[RoomKind, str], bool]:
    """Who can read a space with these rooms, the rooms, and whether anybody said so."""
    answered = kept != _UNANSWERED
    return (Trust(kept) if answered else Trust.EMPLOYER_OWNED), rooms, answered


def _staff_from_row(row: RowMapping, held: Sequence[RowMapping]) -> StaffRow:
    mine = (one for one in held if one["staff"] == row["id"])
    return StaffRow(
        StaffId(row["id"]),
        row["named"],
        row["sealed_name"],
        row["sealed_hours"],
        tuple(Grant(Role(one["role"]), one["begins"], one["ends"]) for one in mine),
    )


def _change_from_row(row: RowMapping) -> Change:
    lies = Lies(row["lies"])
    return Change(row["id"], StaffId(row["staff"]), lies, row["begins"], row["ends"])
