"""The outbox in SQL: leased with SKIP LOCKED on PostgreSQL, in one process on SQLite."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId, RoomKind, StaffId
from bot.ports import Fate, Notice, Parcel
from storage.arrays import given, handed, listed
from storage.tables import outbox

_EARLIER = outbox.alias("earlier")


def _last(destination: ColumnElement[str]) -> ColumnElement[int]:
    """The turn of whoever stands last there."""
    turn = func.coalesce(func.max(_EARLIER.c.sequence), 0)
    return select(turn).where(_EARLIER.c.destination == destination).scalar_subquery()


_TO = bindparam("_to", type_=outbox.c.destination.type)
_BEHIND = insert(outbox).values(sequence=_last(_TO) + 1)
_NEW = given(*(one for one in outbox.c if one.name != "sequence"), numbered="place")
_TURN = func.row_number().over(partition_by=_NEW.c.destination, order_by=_NEW.c.place)
_ALL_BEHIND = insert(outbox).from_select(
    [one.name for one in outbox.c],
    select(
        *(
            _last(_NEW.c.destination) + _TURN if one.name == "sequence" else _NEW.c[one.name]
            for one in outbox.c
        )
    ),
)
_OPEN = (Fate.WAITING.value, Fate.LEASED.value)
#: And what was given up, which nobody heard either.
_UNSAID = (*_OPEN, Fate.PARKED.value, Fate.UNREACHABLE.value, Fate.IN_DOUBT.value)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BY_IDS = update(outbox).where(listed(outbox.c.id))
_TRIED = _BY_IDS.values(tries=outbox.c.tries + 1)
_DELIVERED = delete(outbox).where(outbox.c.id == bindparam("id"))
_GIVEN_UP = (Fate.PARKED.value, Fate.UNREACHABLE.value, Fate.IN_DOUBT.value)
_FORGET = delete(outbox).where(
    outbox.c.fate.in_(_GIVEN_UP), outbox.c.not_before < bindparam("before")
)
_NEXT_DUE = select(func.min(outbox.c.next_try)).where(
    outbox.c.fate.in_(_OPEN), outbox.c.next_try > bindparam("now")
)


def _stands_before() -> tuple[Any, ...]:
    """Whether another parcel of the same destination comes before this one."""
    place = tuple_(outbox.c.not_before, outbox.c.sequence, outbox.c.id)
    earlier = tuple_(_EARLIER.c.not_before, _EARLIER.c.sequence, _EARLIER.c.id)
    same = _EARLIER.c.destination == outbox.c.destination
    return same, _EARLIER.c.fate.in_(_OPEN), earlier < place


_CLAIM = (
    select(outbox)
    .where(outbox.c.fate.in_(_OPEN), outbox.c.next_try <= bindparam("now"))
    .where(listed(outbox.c.platform), ~exists().where(*_stands_before()))
    .order_by(outbox.c.next_try, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


class SqlOutbox(ports.Outbox):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, *parcels: Parcel) -> None:
        rows = [_to_row(one) for one in parcels]
        if rows and self._connection.dialect.name == "postgresql":
            await self._connection.execute(_ALL_BEHIND, handed(rows))
        elif rows:
            await self._connection.execute(_BEHIND, [r | {"_to": r["destination"]} for r in rows])

    async def claim(
        self, platforms: Collection[str], now: datetime, lease: timedelta, most: int
    ) -> list[Parcel]:
        given = {"ids": list(platforms), "now": now, "most": most}
        found = (await self._connection.execute(_CLAIM, given)).mappings().all()
        ids = [row["id"] for row in found]
        await self._change(ids, fate=Fate.LEASED.value, next_try=now + lease)
        return [await self._doubted(row, lease) for row in found]

    async def _doubted(self, row: RowMapping, lease: timedelta) -> Parcel:
        """What was leased before and never came back may have been said since that lease began."""
        parcel = _from_row(row)
        if parcel.fate is not Fate.LEASED or parcel.doubted:
            return parcel
        since = row["next_try"] - lease
        await self._change([parcel.id], doubted=since)
        return replace(parcel, doubted=since)

    async def delivered(self, id: str) -> None:
        await self._connection.execute(_DELIVERED, {"id": id})

    async def failed(self, id: str, next_try: datetime, doubted: datetime | None = None) -> None:
        values: dict[str, Any] = {"fate": Fate.WAITING.value, "next_try": next_try}
        values |= {"doubted": doubted} if doubted else {}
        await self._change([id], _TRIED, **values)

    async def given_up(self, id: str, fate: Fate) -> None:
        found = await self._connection.execute(select(outbox).where(outbox.c.id == id))
        if row := found.mappings().first():
            kept = fate is Fate.PARKED and row["notice"] != Notice.ROLE_OFFERED
            left = _to_the(timedelta(hours=1), row) if kept else _emptied(row)
            await self._change([id], _TRIED, fate=fate.value, **left)

    async def released(self, ids: Collection[str], now: datetime) -> None:
        await self._change(ids, fate=Fate.WAITING.value, next_try=now)

    async def another_try(self, platforms: Collection[str], now: datetime, tries: int) -> None:
        parked = outbox.c.fate == Fate.PARKED.value
        change = update(outbox).where(parked, outbox.c.platform.in_(platforms))
        waits = {"fate": Fate.WAITING.value, "next_try": now, "tries": tries}
        await self._connection.execute(change.values(waits))

    async def forget(self, before: datetime) -> None:
        await self._connection.execute(_FORGET, {"before": before})

    async def next_due(self, now: datetime) -> datetime | None:
        found: datetime | None = await self._connection.scalar(_NEXT_DUE, {"now": now})
        return found

    async def counts(self, *, rooms: bool) -> dict[Fate, int]:
        query = select(outbox.c.fate, func.count()).where(_to(rooms)).group_by(outbox.c.fate)
        found = {Fate(fate): count for fate, count in await self._connection.execute(query)}
        return {fate: found.get(fate, 0) for fate in Fate}

    async def rooms_given_up(self, community: CommunityId) -> bool:
        mine = (outbox.c.community == community, outbox.c.space.is_not(None))
        given_up = outbox.c.fate.in_([one.value for one in (Fate.PARKED, Fate.UNREACHABLE)])
        found = await self._connection.scalar(select(outbox.c.id).where(*mine, given_up).limit(1))
        return found is not None

    async def troubles(
        self, rooms_before: datetime, people_before: datetime
    ) -> set[tuple[CommunityId, Fate]]:
        still = outbox.c.fate.in_(_OPEN)
        late = or_(
            and_(_to(True), outbox.c.not_before < rooms_before),
            and_(_to(False), outbox.c.not_before < people_before),
        )
        query = select(outbox.c.community, outbox.c.fate).distinct().where(or_(~still, late))
        found = await self._connection.execute(query)
        return {
            (CommunityId(id), Fate.WAITING if fate in _OPEN else Fate(fate)) for id, fate in found
        }

    async def unsaid_in_rooms(self, community: CommunityId, notice: str, change: str) -> bool:
        mine = (outbox.c.community == community, outbox.c.space.is_not(None))
        this = (outbox.c.notice == notice, outbox.c.facts["change"].as_string() == change)
        query = select(outbox.c.id).where(*mine, *this, outbox.c.fate.in_(_UNSAID))
        return await self._connection.scalar(query.limit(1)) is not None

    async def late(self, before: datetime, *, rooms: bool) -> int:
        still = (_to(rooms), outbox.c.fate.in_(_OPEN), outbox.c.not_before < before)
        query = select(func.count()).select_from(outbox).where(*still)
        return int((await self._connection.execute(query)).scalar_one())

    async def _change(self, ids: Collection[str], how: Update = _BY_IDS, **values: Any) -> None:
        if ids:
            await self._connection.execute(how, {"ids": list(ids)} | values)


def _to(rooms: bool) -> Any:
    return outbox.c.space.is_not(None) if rooms else outbox.c.space.is_(None)


def _to_the(unit: timedelta, row: RowMapping) -> dict[str, Any]:
    """Its moments, no finer than this."""
    kept = {name: row[name] for name in ("not_before", "next_try", "doubted") if row[name]}
    return {name: at - (at - _EPOCH) % unit for name, at in kept.items()}


def _emptied(row: RowMapping) -> dict[str, Any]:
    """What is left of a parcel that is only counted: a room's stays a room's."""
    told: dict[str, Any] = {
        "notice": "",
        "facts": {},
        "staff": None,
        "account": None,
        "sealed": None,
    }
    told |= {} if row["space"] else {"destination": ""}
    return told | _to_the(timedelta(days=1), row) | {"doubted": None}


def _to_row(one: Parcel) -> dict[str, Any]:
    return {
        "id": one.id,
        "community": one.community,
        "platform": one.platform,
        "notice": str(one.notice),
        "facts": dict(one.facts),
        "staff": one.staff,
        "account": one.account,
        "space": one.space,
        "room": one.room.value if one.room else None,
        "destination": one.destination,
        "not_before": one.not_before,
        "fate": one.fate.value,
        "tries": one.tries,
        "next_try": one.not_before,
        "doubted": one.doubted,
        "sealed": one.sealed,
    }


def _from_row(row: RowMapping) -> Parcel:
    return Parcel(
        id=row["id"],
        community=CommunityId(row["community"]),
        platform=row["platform"],
        notice=row["notice"],
        facts=row["facts"],
        not_before=row["not_before"],
        staff=StaffId(row["staff"]) if row["staff"] else None,
        account=row["account"],
        space=row["space"],
        room=RoomKind(row["room"]) if row["room"] else None,
        tries=row["tries"],
        fate=Fate(row["fate"]),
        doubted=row["doubted"],
        sealed=row["sealed"],
    )
