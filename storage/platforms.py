"""What platforms remember between two runs, in SQL. Never anything of a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.ports import WorkspaceRow
from storage.asking import ask
from storage.tables import platform_memory, workspaces

_COLUMNS = platform_memory.c
_MINE = (_COLUMNS.platform == bindparam("_platform"), _COLUMNS.what == bindparam("_what"))
_REMEMBERED = select(_COLUMNS.value).where(*_MINE)


def _kept(dialect: Any) -> Any:
    new = dialect.insert(platform_memory)
    changed = {"value": new.excluded.value}
    return new.on_conflict_do_update(index_elements=["platform", "what"], set_=changed)


def _let_in(dialect: Any) -> Any:
    new = dialect.insert(workspaces)
    changed = {name: new.excluded[name] for name in ("wrapped", "sealed", "renew")}
    return new.on_conflict_do_update(index_elements=["platform", "place"], set_=changed)


_KEPT = {"postgresql": _kept(postgresql), "sqlite": _kept(sqlite)}
_LET_IN = {"postgresql": _let_in(postgresql), "sqlite": _let_in(sqlite)}
_PLACE = (
    workspaces.c.platform == bindparam("_platform"),
    workspaces.c.place == bindparam("_place"),
)
_THEIRS = select(workspaces).where(workspaces.c.platform == bindparam("_platform"))
_THE_PLACE = select(workspaces).where(*_PLACE)
_UNCHANGED = workspaces.c.sealed == bindparam("_sealed")
_PUT_OUT = delete(workspaces).where(*_PLACE, _UNCHANGED)
_RENEWED = update(workspaces).where(*_PLACE, _UNCHANGED)
_DUE = (
    select(workspaces.c.place)
    .where(workspaces.c.platform == bindparam("_platform"), workspaces.c.renew <= bindparam("_now"))
    .order_by(workspaces.c.renew)
    .limit(16)  # another process may be at the first ones
)
_CLAIMED = (
    update(workspaces)
    .where(*_PLACE, workspaces.c.renew <= bindparam("_now"))
    .values(renew=bindparam("_until"))
    .returning(workspaces)
)


class SqlPlatforms(ports.Platforms):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def remembered(self, platform: str, name: str) -> str | None:
        mine = {"_platform": platform, "_what": name}
        found: str | None = await self._connection.scalar(_REMEMBERED, mine)
        return found

    async def remember(self, platform: str, name: str, value: str) -> None:
        row = {"platform": platform, "what": name, "value": value}
        await ask(self._connection, _KEPT[self._connection.dialect.name], row)

    async def let_in(self, platform: str, row: WorkspaceRow) -> None:
        kept = {"platform": platform, "place": row.place} | _values(row)
        await self._connection.execute(_LET_IN[self._connection.dialect.name], kept)

    async def workspace(self, platform: str, place: str) -> WorkspaceRow | None:
        at = {"_platform": platform, "_place": place}
        found = (await self._connection.execute(_THE_PLACE, at)).one_or_none()
        return _row(found) if found else None

    async def workspaces(self, platform: str) -> Sequence[WorkspaceRow]:
        return [
            _row(one) for one in await self._connection.execute(_THEIRS, {"_platform": platform})
        ]

    async def put_out(self, platform: str, place: str, sealed: bytes) -> bool:
        given = {"_platform": platform, "_place": place, "_sealed": sealed}
        return (await self._connection.execute(_PUT_OUT, given)).rowcount > 0

    async def to_renew(self, platform: str, now: datetime, until: datetime) -> WorkspaceRow | None:
        given = {"_platform": platform, "_now": now}
        for place in (await self._connection.scalars(_DUE, given)).all():
            mine = given | {"_place": place, "_until": until}
            if found := (await self._connection.execute(_CLAIMED, mine)).one_or_none():
                return _row(found)
        return None

    async def renewed(self, platform: str, before: WorkspaceRow, row: WorkspaceRow) -> bool:
        at = {"_platform": platform, "_place": row.place, "_sealed": before.sealed}
        kept = await self._connection.execute(_RENEWED.values(**_values(row)), at)
        return kept.rowcount > 0


def _values(row: WorkspaceRow) -> dict[str, Any]:
    return {"wrapped": row.wrapped, "sealed": row.sealed, "renew": row.renew}


def _row(found: Row[Any]) -> WorkspaceRow:
    return WorkspaceRow(found.place, found.wrapped, found.sealed, found.renew)
