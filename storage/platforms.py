"""What platforms remember between two runs, in SQL. Never anything of a person."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from storage.lines import ask
from storage.tables import platform_memory

_COLUMNS = platform_memory.c
_MINE = (_COLUMNS.platform == bindparam("_platform"), _COLUMNS.what == bindparam("_what"))
_REMEMBERED = select(_COLUMNS.value).where(*_MINE)


def _kept(dialect: Any) -> Any:
    new = dialect.insert(platform_memory)
    changed = {"value": new.excluded.value}
    return new.on_conflict_do_update(index_elements=["platform", "what"], set_=changed)


_KEPT = {"postgresql": _kept(postgresql), "sqlite": _kept(sqlite)}


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
