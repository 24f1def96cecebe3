"""The key store: keys of cases, polls and communities, and drafts, in a database of their own,
outside the long backups.

SQLite with secure_delete and a truncating checkpoint left no trace of a destroyed key when tried;
a key in the database it protects would survive in that database's log.
"""

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot import ports
from bot.ports import Stored, Wrapped
from storage.asking import ask, ask_one
from storage.community_keys import SqlCommunityKeys
from storage.engine import transaction
from storage.inserting import insert_or_nothing
from storage.poll_keys import SqlPollKeys
from storage.rewrapping import heeding
from storage.scrubbing import scrub
from storage.tables import case_keys, daily_keys, drafts, tombstones
from storage.tombstones import buried, bury, hold
from storage.work import shown_rows

_NAMES: BindParameter[str] = bindparam("names", expanding=True)
_NAMED = or_(case_keys.c.id.in_(_NAMES), case_keys.c.waiting.in_(_NAMES))
_KEYS = select(case_keys).where(_NAMED)
_NEW = {
    name: bindparam(name, type_=case_keys.c[name].type) for name in ("id", "waiting", "wrapped")
}
#: On PostgreSQL: one trip for what would be four. See the migration.
_KEEP = select(func.keep_case_key(*_NEW.values()))
_THERE = select(case_keys.c.wrapped).where(case_keys.c.id == _NEW["id"])
_BURIED = exists().where(tombstones.c.id.in_((_NEW["id"], _NEW["waiting"])))
_UNSETTLED = select(case_keys).where(case_keys.c.settled.is_(False)).order_by(case_keys.c.id)
_DRAFT = select(drafts.c.sealed).where(
    drafts.c.id == bindparam("id"), drafts.c.until > bindparam("now")
)
_DROP_DRAFT = delete(drafts).where(drafts.c.id == bindparam("id"))
_DROP_DRAFTS = delete(drafts).where(drafts.c.until <= bindparam("now"))
_FORGET_DAILY = delete(daily_keys).where(daily_keys.c.day < bindparam("before"))


class SqlKeys(SqlPollKeys, SqlCommunityKeys, ports.Keys):
    async def make(self, id: str, waiting: str, wrapped: Wrapped) -> Wrapped | None:
        with heeding(self._stale):
            return await self._make(id, waiting, wrapped)

    async def _make(self, id: str, waiting: str, wrapped: Wrapped) -> Wrapped | None:
        row = {"id": id, "waiting": waiting, "wrapped": wrapped}
        postgres = self._engine.dialect.name == "postgresql"
        async with transaction(self._single) as run:
            if await ask_one(run, _KEEP if postgres else _make("sqlite"), row):
                return wrapped
        async with transaction(self._engine) as run:
            await hold(run, [id, waiting])
            if await ask(run, _make(run.dialect.name), row):
                return wrapped
            found = await ask_one(run, _THERE, {"id": id})  # there already, or destroyed
        return None if found is None else Wrapped(found)

    async def get(self, names: Collection[str]) -> dict[str, tuple[str, Wrapped]]:
        if not names:
            return {}
        async with transaction(self._engine) as run:
            rows = (await run.execute(_KEYS, {"names": list(names)})).all()
        found = {name: row for row in rows for name in (row.id, row.waiting)}
        return {
            name: (found[name].id, Wrapped(found[name].wrapped)) for name in names if name in found
        }

    async def destroy(self, names: Collection[str], on: datetime) -> None:
        if not names:
            return
        async with transaction(self._engine) as run:
            await hold(run, names)  # nobody makes one of them between this look and the end
            rows = (await run.execute(_KEYS, {"names": list(names)})).all()
            gone = {*names, *(row.id for row in rows), *(row.waiting for row in rows)}
            await run.execute(delete(case_keys).where(_NAMED), {"names": list(gone)})
            await bury(run, gone, on)
        await scrub(self._engine, "case_keys")

    async def destroyed(self, names: Collection[str]) -> set[str]:
        async with transaction(self._engine) as run:
            return await buried(run, names)

    async def settle(self, names: Collection[str]) -> None:
        if not names:
            return
        given = {"names": list(names)}
        async with transaction(self._engine) as run:
            if run.dialect.name == "sqlite":
                # Written anew in the order of their random ids: within a page, SQLite's rows lie
                # in the order in which they were made. (One process alone: nobody comes between.)
                found = await run.execute(_KEYS.order_by(case_keys.c.id), given)
                rows = [dict(row) for row in found.mappings()]
                await run.execute(delete(case_keys).where(_NAMED), given)
                for row in rows:
                    await run.execute(insert_or_nothing(run, case_keys), row)
            settled = update(case_keys).where(_NAMED).values(settled=True, missed=None)
            await run.execute(settled, given)
        await scrub(self._engine)

    async def unsettled(self) -> dict[str, tuple[str, datetime | None]]:
        async with transaction(self._single) as run:
            return {row.id: (row.waiting, row.missed) for row in await run.execute(_UNSETTLED)}

    async def missed(self, ids: Collection[str], slot: datetime) -> None:
        change = update(case_keys).where(case_keys.c.id.in_(ids))
        async with transaction(self._engine) as run:
            await run.execute(change.values(missed=slot))

    async def keep_draft(self, id: bytes, sealed: bytes, until: datetime) -> None:
        row: dict[str, Any] = {"id": id, "sealed": sealed, "until": until}
        async with transaction(self._single) as run:
            await ask(run, _keep_draft(run.dialect.name), row)

    async def draft(self, id: bytes, now: datetime) -> bytes | None:
        async with transaction(self._single) as run:
            found: bytes | None = await ask_one(run, _DRAFT, {"id": id, "now": now})
        return found

    async def drop_draft(self, id: bytes) -> None:
        async with transaction(self._engine) as run:
            gone = await run.execute(_DROP_DRAFT, {"id": id})
        if gone.rowcount:
            await scrub(self._engine, "drafts")

    async def drop_drafts(self, now: datetime) -> None:
        async with transaction(self._single) as run:
            gone = await run.execute(_DROP_DRAFTS, {"now": now})
        if gone.rowcount:
            await scrub(self._engine, "drafts")

    async def daily(self, day: date, wrapped: Wrapped) -> Wrapped:
        with heeding(self._stale):
            async with transaction(self._engine) as run:
                row = {"day": day, "wrapped": wrapped}
                await run.execute(insert_or_nothing(run, daily_keys), row)
                query = select(daily_keys.c.wrapped).where(daily_keys.c.day == day)
                return Wrapped((await run.execute(query)).scalar_one())

    async def forget_daily(self, before: date) -> None:
        async with transaction(self._single) as run:
            gone = await run.execute(_FORGET_DAILY, {"before": before})
        if gone.rowcount:
            await scrub(self._engine, "daily_keys")

    async def stored(self, key: str) -> Stored:
        """The row of one case's key, for the panel that shows what is kept."""
        async with transaction(self._engine) as run:
            found = await run.execute(_KEYS, {"names": [key]})
            return shown_rows(case_keys, [dict(row) for row in found.mappings()])


@cache
def _make(name: str) -> Any:
    """One key, unless it is there, or was destroyed; its id where it was made."""
    dialect = postgresql if name == "postgresql" else sqlite
    new = select(*_NEW.values(), literal(value=False)).where(~_BURIED)
    make = dialect.insert(case_keys).from_select([*_NEW, "settled"], new)
    return make.on_conflict_do_nothing().returning(case_keys.c.id)


@cache
def _keep_draft(name: str) -> Any:
    dialect = postgresql if name == "postgresql" else sqlite
    keep = dialect.insert(drafts)
    new = {"sealed": keep.excluded.sealed, "until": keep.excluded.until}
    return keep.on_conflict_do_update(index_elements=["id"], set_=new)
