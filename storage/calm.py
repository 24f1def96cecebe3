"""Calm slots in SQL: many communities at whose slot nothing crosses, in a handful of statements.

Most slots of most communities are calm. What they need is one query and two changes for all of them
together (arrays on PostgreSQL); a community with anything to do is left to its own transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Row,
    String,
    Update,
    bindparam,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId, RoomKind, Slots, Space, Trust
from bot.ports import CalmSlot
from storage.grievances import insert_or_nothing
from storage.tables import Moment, cases, communities, ledger, spaces, waiting

_BUSY = (
    exists().where(
        waiting.c.community == communities.c.id, waiting.c.slot <= communities.c.next_slot
    ),
    exists().where(cases.c.community == communities.c.id, cases.c.look < communities.c.next_slot),
    exists().where(cases.c.community == communities.c.id, cases.c.gone <= communities.c.next_slot),
)
_IDS = bindparam("ids", type_=ARRAY(String))
_DUE = (
    select(communities.c.id)
    .where(communities.c.next_slot <= bindparam("now", type_=Moment))
    .where(*(~busy for busy in _BUSY))
    .order_by(communities.c.next_slot)
    .limit(bindparam("most"))
)
_PLACE = (spaces.c.id.label("space"), spaces.c.platform, spaces.c.address, spaces.c.name)
_CALM = (
    select(communities.c.id, communities.c.next_slot, communities.c.settings)
    .add_columns(*_PLACE, spaces.c.trust, spaces.c.rooms)
    .join(spaces, isouter=True)
    .where(*(~busy for busy in _BUSY))
    .order_by(communities.c.id)
)


class SqlCalm(ports.Calm):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._arrays = connection.dialect.name == "postgresql"

    async def held(self, now: datetime, most: int) -> list[CalmSlot]:
        ids = await self._free({"now": now, "most": most})
        if not ids:
            return []
        mine = communities.c.id == func.any(_IDS) if self._arrays else communities.c.id.in_(ids)
        found = await self._connection.execute(_CALM.where(mine), self._given(ids))
        return _calm(found)

    async def claim(
        self, kind: str, runs: Sequence[tuple[CommunityId, datetime]]
    ) -> set[CommunityId]:
        scopes, periods = [id for id, _ in runs], [at.isoformat() for _, at in runs]
        if self._arrays:
            values = {"kind": kind, "scopes": scopes, "periods": periods}
            found = await self._connection.scalars(_claims(), values)
        else:
            claim = insert_or_nothing(self._connection, ledger).returning(ledger.c.scope)
            rows = [
                {"kind": kind, "scope": scope, "period": period}
                for scope, period in zip(scopes, periods, strict=True)
            ]
            found = await self._connection.scalars(claim, rows)
        return {CommunityId(scope) for scope in found}

    async def done(self, following: Sequence[tuple[CommunityId, datetime]]) -> None:
        by_slot: dict[datetime, list[str]] = {}
        for id, slot in following:
            by_slot.setdefault(slot, []).append(id)
        for slot, ids in by_slot.items():  # few: most communities keep one of a few calendars
            await self._connection.execute(self._moved(ids), {"to": slot} | self._given(ids))

    async def _free(self, given: Mapping[str, Any]) -> list[str]:
        """Communities whose slot has come, with nobody else at work on them, held alone."""
        if not self._arrays:  # one writer anyway
            return list(await self._connection.scalars(_DUE, given))
        found = await self._connection.execute(_held(), given)
        return [id for id, held in found if held]

    def _moved(self, ids: Collection[str]) -> Update:
        change = update(communities).values(next_slot=bindparam("to", type_=Moment))
        mine = communities.c.id == func.any(_IDS) if self._arrays else communities.c.id.in_(ids)
        return change.where(mine)

    def _given(self, ids: Collection[str]) -> dict[str, Any]:
        return {"ids": list(ids)} if self._arrays else {}


@cache
def _held() -> Any:
    """Each with whether its lock was free. What came in between is looked at once it is held."""
    due = _DUE.with_for_update(skip_locked=True).cte("due")
    lock = func.pg_try_advisory_xact_lock(func.hashtextextended(due.c.id, 0))
    return select(due.c.id, lock)


@cache
def _claims() -> Any:
    """Many runs of one kind, from two arrays."""
    array = ARRAY(String)
    runs = func.unnest(bindparam("scopes", type_=array), bindparam("periods", type_=array))
    given = runs.table_valued("scope", "period").render_derived()
    rows = select(bindparam("kind", type_=String), given.c.scope, given.c.period)
    claim = postgresql.insert(ledger).from_select(["kind", "scope", "period"], rows)
    return claim.on_conflict_do_nothing().returning(ledger.c.scope)


def _calm(rows: Iterable[Row[Any]]) -> list[CalmSlot]:
    """One for each community; a row for each of its spaces."""
    known: dict[str, tuple[datetime, Slots, list[Space]]] = {}
    for row in rows:
        if row.id not in known:
            known[row.id] = (row.next_slot, _slots(row.settings), [])
        if row.space is not None:
            known[row.id][2].append(_space(row))
    return [
        CalmSlot(CommunityId(id), slot, slots, tuple(places))
        for id, (slot, slots, places) in known.items()
    ]


def _space(row: Row[Any]) -> Space:
    rooms = {RoomKind(kind): room for kind, room in row.rooms.items()}
    return Space(row.space, row.platform, row.address, row.name, Trust(row.trust), rooms)


def _slots(settings: Mapping[str, Any]) -> Slots:
    return _calendar(settings["zone"], tuple(settings["weekdays"]), settings["at"])


@cache
def _calendar(zone: str, weekdays: tuple[int, ...], at: str) -> Slots:
    return Slots(zone, weekdays, time.fromisoformat(at))
