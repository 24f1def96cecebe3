"""Keys of polls, in the key store: made before the poll, destroyed after its count."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.ports import Wrapped
from storage.engine import single, transaction
from storage.inserting import insert_or_nothing
from storage.rewrapping import heeding
from storage.scrubbing import scrub
from storage.tables import poll_keys

_POLL = select(poll_keys.c.wrapped).where(poll_keys.c.id == bindparam("id"))
_POLLS = select(poll_keys.c.id, poll_keys.c.missed).order_by(poll_keys.c.id)


class SqlPollKeys:
    def __init__(self, engine: AsyncEngine, stale: Callable[[], None] | None = None) -> None:
        """``stale``: told where a key was wrapped with an old file, and so not kept."""
        self._engine, self._single, self._stale = engine, single(engine), stale

    async def make_poll(self, id: str, wrapped: Wrapped) -> None:
        with heeding(self._stale):
            async with transaction(self._engine) as run:
                await run.execute(insert_or_nothing(run, poll_keys), {"id": id, "wrapped": wrapped})

    async def poll(self, id: str) -> Wrapped | None:
        async with transaction(self._engine) as run:
            found: bytes | None = await run.scalar(_POLL, {"id": id})
        return None if found is None else Wrapped(found)

    async def polls(self) -> dict[str, datetime | None]:
        async with transaction(self._engine) as run:
            return {row.id: row.missed for row in await run.execute(_POLLS)}

    async def missed_polls(self, ids: Collection[str], at: datetime) -> None:
        if not ids:
            return
        change = update(poll_keys).where(poll_keys.c.id.in_(ids)).values(missed=at)
        async with transaction(self._engine) as run:
            await run.execute(change)

    async def destroy_polls(self, ids: Collection[str]) -> None:
        if not ids:
            return
        async with transaction(self._engine) as run:
            await run.execute(delete(poll_keys).where(poll_keys.c.id.in_(ids)))
        await scrub(self._engine, "poll_keys")
