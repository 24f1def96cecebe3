"""Calm slots in SQL: many communities at whose slot nothing crosses, in a handful of statements.

Most slots of most communities are calm. What they need is one query and two changes for all of them
together (arrays on PostgreSQL); a community with anything to do is left to its own transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    Text,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId, RoomKind, Slots, Space
from bot.ports import CalmSlot, Passed
from storage.arrays import among, given, handed, listed
from storage.communities import calendar, trust_of
from storage.tables import Moment, cases, communities, ledger, spaces, waiting

_BUSY = (
    exists().where(
        waiting.c.community == communities.c.id, waiting.c.slot <= communities.c.next_slot
    ),
    exists().where(cases.c.community == communities.c.id, cases.c.look < communities.c.next_slot),
    exists().where(cases.c.community == communities.c.id, cases.c.gone <= communities.c.next_slot),
)
_DUE = (
    select(communities.c.id)
    .where(communities.c.next_slot <= bindparam("now", type_=Moment))
    .where(*(~busy for busy in _BUSY))
    .order_by(communities.c.next_slot)
    .limit(bindparam("most"))
)
#: Each with whether its lock was free. What came in between is looked at once it is held.
_HELD_DUE = _DUE.with_for_update(skip_locked=True).cte("due")
_HELD = select(
    _HELD_DUE.c.id, func.pg_try_advisory_xact_lock(func.hashtextextended(_HELD_DUE.c.id, 0))
)
#: Of the settings these alone, as text: the same for many, and so read once for all of them.
_CALENDAR = ("zone", "weekdays", "at", "bridge")
_EACH_BY_NAME = tuple(communities.c.settings[name].as_string().label(name) for name in _CALENDAR)
#: The same, with the settings taken apart once and not three times.
_AT_ONCE = (
    func.json_to_record(communities.c.settings)
    .table_valued(*(column(name, Text) for name in _CALENDAR), joins_implicitly=True)
    .render_derived(name="calendar", with_types=True)
)
#: A place without rooms has nothing to be told.
_SPOKEN_IN = and_(
    spaces.c.community == communities.c.id,
    cast(spaces.c.rooms, Text) != "{}",
    spaces.c.gone.is_(None),
)
_PLACE = (spaces.c.id.label("space"), spaces.c.platform, spaces.c.address, spaces.c.name)


def _calm_ones(*calendar: ColumnElement[str]) -> Select[Any]:
    return (
        select(communities.c.id, communities.c.next_slot, *calendar)
        .add_columns(*_PLACE, spaces.c.trust, spaces.c.rooms)
        .select_from(communities.join(spaces, _SPOKEN_IN, isouter=True))
        .where(*(~busy for busy in _BUSY))
    )


_CALM_OF_ALL = _calm_ones(*_AT_ONCE.c).where(among(communities.c.id))
_CALM_OF_EACH = _calm_ones(*_EACH_BY_NAME).where(listed(communities.c.id))

#: Both for all of them, in one trip.
_PASSED = select(*given(ledger.c.scope, ledger.c.period, communities.c.next_slot).c).cte("passed")
_CLAIMED = (
    postgresql.insert(ledger)
    .from_select(
        ["kind", "scope", "period"],
        select(bindparam("of", type_=String), _PASSED.c.scope, _PASSED.c.period),
    )
    .on_conflict_do_nothing()
    .returning(ledger.c.scope)
    .cte("claimed")
)
_MOVED = (
    update(communities)
    .where(communities.c.id == _PASSED.c.scope)
    .values(next_slot=_PASSED.c.next_slot)
    .cte("moved")
)
_PASS = select(_CLAIMED.c.scope).add_cte(_MOVED)
_CLAIM_EACH = sqlite.insert(ledger).on_conflict_do_nothing().returning(ledger.c.scope)
_MOVE_EACH = (
    update(communities)
    .where(communities.c.id == bindparam("_id"))
    .values(next_slot=bindparam("_to", type_=Moment))
)


class SqlCalm(ports.Calm):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._arrays = connection.dialect.name == "postgresql"

    async def held(self, now: datetime, most: int) -> list[CalmSlot]:
        ids = await self._free({"now": now, "most": most})
        if not ids:
            return []
        query = _CALM_OF_ALL if self._arrays else _CALM_OF_EACH
        return _calm((await self._connection.execute(query, {"ids": ids})).all())

    async def passed(self, kind: str, slots: Sequence[Passed]) -> set[CommunityId]:
        if self._arrays:
            rows = [
                {"scope": id, "period": slot.isoformat(), "next_slot": then}
                for id, slot, then in slots
            ]
            found = await self._connection.scalars(_PASS, {"of": kind} | handed(rows))
        else:
            runs = [
                {"kind": kind, "scope": id, "period": slot.isoformat()} for id, slot, _ in slots
            ]
            found = await self._connection.scalars(_CLAIM_EACH, runs)
            each = [{"_id": id, "_to": then} for id, _, then in slots]
            await self._connection.execute(_MOVE_EACH, each)
        return {CommunityId(scope) for scope in found.all()}

    async def _free(self, asked: Mapping[str, Any]) -> list[str]:
        """Communities whose slot has come, with nobody else at work on them, held alone."""
        if not self._arrays:  # one writer anyway
            return list(await self._connection.scalars(_DUE, asked))
        found = await self._connection.execute(_HELD, asked)
        return [id for id, held in found.all() if held]


def _calm(rows: Iterable[Row[Any]]) -> list[CalmSlot]:
    """One for each community; a row for each of its places that has rooms."""
    known: dict[str, tuple[datetime, Slots, list[Space]]] = {}
    for row in rows:
        if row.id not in known:
            known[row.id] = (
                row.next_slot,
                _calendar(*(getattr(row, one) for one in _CALENDAR)),
                [],
            )
        if row.space is not None:
            known[row.id][2].append(_space(row))
    return [
        CalmSlot(CommunityId(id), slot, slots, tuple(places))
        for id, (slot, slots, places) in known.items()
    ]


def _space(row: Row[Any]) -> Space:
    rooms = {RoomKind(kind): room for kind, room in row.rooms.items()}
    return Space(row.space, row.platform, row.address, row.name, *trust_of(row.trust, rooms))


@cache
def _calendar(zone: str, weekdays: str, at: str, bridge: str | None) -> Slots:
    return calendar(zone, json.loads(weekdays), at, json.loads(bridge) if bridge else None)
