"""Casts sealed ballots, many at once: each replaces the one with its tag, where its poll is open.

On PostgreSQL one statement is the whole transaction, on a connection that is kept for nothing else:
BEGIN, COMMIT and a connection from the pool would each cost as much again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.polls import PollId
from bot.ports import CastBallots, SealedBallot
from storage.arrays import listed
from storage.engine import transaction
from storage.polls.ballots import OPEN_AT_NOW
from storage.refusing import refusing
from storage.tables import ballots, polls

#: Always the same text for any number of ballots, so that it is prepared once. The share lock and
#: the close's lock exclude each other, and whoever had to wait looks again whether the poll is open
#: still. Rows go in by poll and tag: two processes never wait for each other in a circle.
_CAST = """
    WITH open AS MATERIALIZED (
        SELECT id FROM polls WHERE id = ANY($1) AND closed IS NULL AND closes > $4
        ORDER BY id FOR SHARE
    ), kept AS (
        INSERT INTO ballots (poll, tag, sealed)
        SELECT cast_now.poll, cast_now.tag, cast_now.sealed
        FROM unnest($1::varchar[], $2::bytea[], $3::bytea[]) AS cast_now (poll, tag, sealed)
        JOIN open ON open.id = cast_now.poll
        ORDER BY cast_now.poll, cast_now.tag
        ON CONFLICT (poll, tag) DO UPDATE SET sealed = excluded.sealed
    )
    SELECT id FROM open
"""

_OPEN = select(polls.c.id).where(listed(polls.c.id), *OPEN_AT_NOW)
_KEEP = sqlite.insert(ballots)
_REPLACE = _KEEP.on_conflict_do_update(
    index_elements=["poll", "tag"], set_={"sealed": _KEEP.excluded.sealed}
)


@asynccontextmanager
async def casting(engine: AsyncEngine) -> AsyncIterator[CastBallots]:
    """How ballots are cast, for as long as the block lasts."""
    if engine.dialect.name != "postgresql":
        yield partial(_cast_in_file, engine)
        return
    line = _Line(engine)
    try:
        yield line.cast
    finally:
        await line.close()


async def _cast_in_file(
    engine: AsyncEngine, given: Sequence[SealedBallot], now: datetime
) -> set[PollId]:
    asked = {"ids": list({one.poll for one in given}), "now": now}
    async with transaction(engine) as connection:
        open = {PollId(id) for id in await connection.scalars(_OPEN, asked)}
        rows = [
            {"poll": one.poll, "tag": one.tag, "sealed": one.sealed}
            for one in sorted(given, key=lambda one: (one.poll, one.tag))
            if one.poll in open
        ]
        if rows:
            await connection.execute(_REPLACE, rows)
    return open


class _Line:
    """asyncpg's own connection to the server, taken by one at a time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine, self._turn = engine, asyncio.Lock()
        self._held: AsyncConnection | None = None
        self._driver: Any = None

    async def cast(self, given: Sequence[SealedBallot], now: datetime) -> set[PollId]:
        columns = (
            [one.poll for one in given],
            [one.tag for one in given],
            [one.sealed for one in given],
        )
        async with self._turn:
            with refusing():
                if self._driver is None or self._driver.is_closed():
                    await self._connect()
                found = await self._driver.fetch(_CAST, *columns, int(now.timestamp()))
        return {PollId(row["id"]) for row in found}

    async def close(self) -> None:
        async with self._turn:
            await self._give_back()

    async def _connect(self) -> None:
        await self._give_back()
        self._held = await self._engine.connect()
        self._driver = (await self._held.get_raw_connection()).driver_connection

    async def _give_back(self) -> None:
        held, self._held, self._driver = self._held, None, None
        if held:
            await held.close()
