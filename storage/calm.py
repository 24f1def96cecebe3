"""Calm slots in SQL: many communities at whose slot nothing crosses, in a handful of statements.

Most slots of most communities are calm. What they need is one query and two changes for all of them
together (arrays on PostgreSQL); a community with anything to do is left to its own transaction.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
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
from storage.arrays import given, handed, listed
from storage.communities.rows import calendar, trust_of
from storage.tables import Moment, cases, communities, ledger, spaces, waiting


def _busy(id: ColumnElement[str], slot: ColumnElement[datetime]) -> tuple[ColumnElement[bool], ...]:
    """What may make a community's slot other than calm."""
    return (
        exists().where(waiting.c.community == id, waiting.c.slot <= slot),
        exists().where(cases.c.community == id, cases.c.look < slot),
        exists().where(cases.c.community == id, cases.c.gone <= slot),
    )


_DUE = (
    select(communities.c.id, communities.c.next_slot)
    .where(communities.c.next_slot <= bindparam("now", type_=Moment))
    .where(*(~busy for busy in _busy(communities.c.id, communities.c.next_slot)))
    .order_by(communities.c.next_slot)
    .limit(bindparam("most"))
)
#: Of the settings these alone, as text: the same for many, and so read once for all of them.
_CALENDAR = ("zone", "weekdays", "at", "bridge")
_DUE_EACH: Select[Any] = _DUE.add_columns(
    *(communities.c.settings[name].as_string().label(name) for name in _CALENDAR)
)
#: The same, with the settings taken apart once and not three times, of those whose row is free; and
#: whether their lock is.
_FREE = _DUE.add_columns(communities.c.settings).with_for_update(skip_locked=True).cte("free")
_AT_ONCE = (
    func.json_to_record(_FREE.c.settings)
    .table_valued(*(column(name, Text) for name in _CALENDAR), joins_implicitly=True)
    .render_derived(name="calendar", with_types=True)
)
_HELD: Select[Any] = select(
    _FREE.c.id,
    _FREE.c.next_slot,
    *_AT_ONCE.c,
    func.pg_try_advisory_xact_lock(func.hashtextextended(_FREE.c.id, 0)).label("held"),
)

#: A place without rooms has nothing to be told.
_SPOKEN_IN = (cast(spaces.c.rooms, Text) != "{}", spaces.c.gone.is_(None))
_PLACE = (
    spaces.c.id,
    spaces.c.platform,
    spaces.c.address,
    spaces.c.name,
    spaces.c.trust,
    spaces.c.rooms,
)
_PLACES_OF_EACH: Select[Any] = select(spaces.c.community, *_PLACE).where(
    listed(spaces.c.community), *_SPOKEN_IN
)

#: All for all of them, in one trip. It looks once more for what came in between the look that found
#: a community and its lock: no statement sees what was committed after it began.
_PASSED = given(ledger.c.scope, ledger.c.period, waiting.c.slot, communities.c.next_slot)
_CALM = select(*_PASSED.c).where(*(~b for b in _busy(_PASSED.c.scope, _PASSED.c.slot))).cte("calm")
_CLAIMED = (
    postgresql.insert(ledger)
    .from_select(
        ["kind", "scope", "period"],
        select(bindparam("of", type_=String), _CALM.c.scope, _CALM.c.period),
    )
    .on_conflict_do_nothing()
    .returning(ledger.c.scope)
    .cte("claimed")
)
_MOVED = (
    update(communities)
    .where(communities.c.id == _CALM.c.scope)
    .values(next_slot=_CALM.c.next_slot)
    .cte("moved")
)
_PASS: Select[Any] = (
    select(_CLAIMED.c.scope, *_PLACE)
    .select_from(
        _CLAIMED.join(
            spaces, and_(spaces.c.community == _CLAIMED.c.scope, *_SPOKEN_IN), isouter=True
        )
    )
    .add_cte(_MOVED)
)
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

    async def held(self, now: datetime, most: int) -> tuple[list[CalmSlot], bool]:
        query = _HELD if self._arrays else _DUE_EACH
        found = (await self._connection.execute(query, {"now": now, "most": most})).all()
        free = (row for row in found if row.held) if self._arrays else found
        return [_slot(row) for row in free], len(found) == most

    async def passed(
        self, kind: str, slots: Sequence[Passed]
    ) -> dict[CommunityId, tuple[Space, ...]]:
        if self._arrays:
            rows = [
                {"scope": id, "period": slot.isoformat(), "slot": slot, "next_slot": then}
                for id, slot, then in slots
            ]
            found = await self._connection.execute(_PASS, {"of": kind} | handed(rows))
            return _places(found)
        # One writer: nothing came in between.
        runs = [{"kind": kind, "scope": id, "period": slot.isoformat()} for id, slot, _ in slots]
        ours = list(await self._connection.scalars(_CLAIM_EACH, runs))
        moved = [{"_id": id, "_to": then} for id, _, then in slots]
        await self._connection.execute(_MOVE_EACH, moved)
        found = await self._connection.execute(_PLACES_OF_EACH, {"ids": ours})
        return {CommunityId(id): () for id in ours} | _places(found)


def _slot(row: Any) -> CalmSlot:
    calendar = _calendar(row.zone, row.weekdays, row.at, row.bridge)
    return CalmSlot(CommunityId(row.id), row.next_slot, calendar)


def _places(rows: Iterable[Any]) -> dict[CommunityId, tuple[Space, ...]]:
    """Of each community; a row for each place, and one of a community that has none."""
    found: dict[CommunityId, tuple[Space, ...]] = {}
    for row in rows:
        id, place, *rest = row
        mine = found.setdefault(CommunityId(id), ())
        if place is not None:
            found[CommunityId(id)] = (*mine, _space(place, *rest))
    return found


def _space(
    id: str, platform: str, address: str, name: str, trust: str, rooms: dict[str, str]
) -> Space:
    known = {RoomKind(kind): room for kind, room in rooms.items()}
    return Space(id, platform, address, name, *trust_of(trust, known))


@cache
def _calendar(zone: str, weekdays: str, at: str, bridge: str | None) -> Slots:
    return calendar(zone, json.loads(weekdays), at, json.loads(bridge) if bridge else None)
