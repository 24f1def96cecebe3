"""Keys of communities, in the key store: made at the founding, destroyed when one is forgotten.

No look for strays comes here: whoever lost this key would lose every name of the community.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, exists, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.communities import CommunityId
from bot.ports import Wrapped
from storage.arrays import among, given, handed, listed
from storage.engine import transaction
from storage.inserting import insert_or_nothing
from storage.rewrapping import heeding
from storage.scrubbing import scrub
from storage.tables import community_keys, homes, tombstones
from storage.tombstones import buried, bury, hold

AT_ONCE = 1000  #: homes that are read before others have their turn

_OF_ALL = select(community_keys).where(among(community_keys.c.id))
_OF_EACH = select(community_keys).where(listed(community_keys.c.id))
_HOME = ("mark", "community")
_HOMES = (
    select(homes)
    .where(tuple_(homes.c.mark, homes.c.community) > tuple_(*map(bindparam, _HOME)))
    .order_by(homes.c.mark, homes.c.community)
    .limit(AT_ONCE)
)
_NEW = given(*community_keys.c)
_MAKE_ALL = (
    postgresql.insert(community_keys)
    .from_select(
        [one.name for one in community_keys.c],
        select(*_NEW.c).where(~exists().where(tombstones.c.id == _NEW.c.id)),
    )
    .on_conflict_do_nothing()
    .returning(community_keys)
)
_MAKE_EACH = sqlite.insert(community_keys).on_conflict_do_nothing().returning(community_keys)


class SqlCommunityKeys:
    _engine: AsyncEngine
    _single: AsyncEngine
    _stale: Callable[[], None] | None

    async def communities(self, ids: Collection[CommunityId]) -> dict[CommunityId, Wrapped]:
        async with transaction(self._single) as run:
            query = _OF_ALL if run.dialect.name == "postgresql" else _OF_EACH
            found = await run.execute(query, {"ids": list(ids)})
            return _by_community(found)

    async def make_communities(
        self, offered: Mapping[CommunityId, Wrapped]
    ) -> dict[CommunityId, Wrapped]:
        with heeding(self._stale):
            async with transaction(self._engine) as run:
                await hold(run, offered)
                made = await _made(run, offered)
        others = offered.keys() - made.keys()
        return made | await self.communities(others) if others else made

    async def destroy_community(self, id: CommunityId, on: datetime) -> None:
        async with transaction(self._engine) as run:
            await hold(run, [id])
            await run.execute(delete(community_keys).where(community_keys.c.id == id))
            await run.execute(delete(homes).where(homes.c.community == id))
            await bury(run, [id], on)
        await scrub(self._engine, "community_keys", "homes")

    async def keep_home(self, mark: bytes, id: CommunityId) -> None:
        async with transaction(self._engine) as run:
            home = {"mark": mark, "community": id}
            await run.execute(insert_or_nothing(run, homes).values(home))

    async def homes(self) -> dict[bytes, set[CommunityId]]:
        found: dict[bytes, set[CommunityId]] = {}
        last: tuple[bytes, str] = (b"", "")
        while True:
            async with transaction(self._single) as run:
                rows = (await run.execute(_HOMES, dict(zip(_HOME, last, strict=True)))).all()
            for mark, id in rows:
                found.setdefault(mark, set()).add(CommunityId(id))
            if len(rows) < AT_ONCE:
                return found
            last = (rows[-1].mark, rows[-1].community)

    async def drop_home(self, mark: bytes, id: CommunityId) -> None:
        async with transaction(self._engine) as run:
            mine = (homes.c.mark == mark, homes.c.community == id)
            await run.execute(delete(homes).where(*mine))


async def _made(
    run: AsyncConnection, offered: Mapping[CommunityId, Wrapped]
) -> dict[CommunityId, Wrapped]:
    """Those that were neither there nor destroyed: now they are."""
    if run.dialect.name == "postgresql":
        rows = [{"id": id, "wrapped": key} for id, key in offered.items()]
        return _by_community(await run.execute(_MAKE_ALL, handed(rows)))
    gone = await buried(run, offered)
    rows = [{"id": id, "wrapped": key} for id, key in offered.items() if id not in gone]
    return _by_community(await run.execute(_MAKE_EACH, rows)) if rows else {}


def _by_community(rows: Iterable[Row[Any]]) -> dict[CommunityId, Wrapped]:
    return {CommunityId(row.id): Wrapped(row.wrapped) for row in rows}
