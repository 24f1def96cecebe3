"""Figure 4: ballots at the service's door, on PostgreSQL with fsync, each durable before its answer.

Against asyncpg alone, which writes as many rows of the same length into the same table, one
statement each: prepared, a transaction by itself, one after another. Ours checks the caller,
encodes, makes the tag and seals besides. Every ballot is of another person in the next of several
polls; every eighth is somebody's change of mind. What asyncpg does with as many in flight, on ten
connections, is told beside it, without a goal: there a sealed box alone costs half of an upsert.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.vault import FileVault, make_key_files, read_key_files
from bot.chat import Caller, Here
from bot.domain.polls import Ballot, Poll, Question, QuestionKind
from bot.ports import Vault
from bot.services.polls.ballots import Ballots
from storage.engine import open_engine
from storage.keys import SqlKeys
from storage.polls import casting
from storage.schema import Chain, upgrade
from storage.work import work_on
from tests.benchmarks.rounds import Figure, Slice, measured, micro, ratio
from tests.contract.rows import new_id, poll
from tests.fakes.postgres import Postgres
from tests.unit import harbour

FLIGHT, POLLS = 64, 16
CONNECTIONS = 10  #: of the peer, as many as ours keeps
SLICE = 0.1  #: seconds
GOALS = {FLIGHT: 2.5, 1: 0.5}  #: against single upserts, one after another
QUESTIONS = (
    Question(QuestionKind.YES_NO, "Do we stay?"),
    Question(QuestionKind.SCALE, "How heavy was the week?"),
    Question(QuestionKind.YES_NO, "Is there time to rest?"),
)
BALLOT = Ballot(((0,), (3,), (1,)))
UPSERT = """
    INSERT INTO ballots (poll, tag, sealed) VALUES ($1, $2, $3)
    ON CONFLICT (poll, tag) DO UPDATE SET sealed = excluded.sealed
"""


async def figures(server: Postgres, folder: Path) -> AsyncIterator[Figure]:
    """The two lines of figure 4."""
    async with (
        server.database() as database,
        server.database() as key_store,
        _service(database, key_store, folder / "ballots") as ours,
        _pool(database) as pool,
    ):
        raw = _Raw(pool, ours.length, [new_id() for _ in range(POLLS)])
        sides: dict[str, _Side] = {"ours": ours, "theirs": raw}
        slices = {
            f"{name} {many}": Slice(_many(side, many))
            for name, side in sides.items()
            for many in GOALS
        }
        await measured(slices, rounds=1)  # connected and prepared
        cost = await measured(slices)
        single, beside = cost["theirs 1"], cost[f"theirs {FLIGHT}"]
        for many, goal in GOALS.items():
            mine = cost[f"ours {many}"]
            times = ratio(single, mine)
            value = (
                f"{times:.2f} times as many ({micro(mine)} of CPU each, {micro(single)} an upsert"
            )
            if many == FLIGHT:
                value += (
                    f"; of upserts as many in flight {ratio(beside, mine):.2f}, {micro(beside)}"
                )
            yield Figure(
                f"4 ballots at the service's door, {many} in flight, against single upserts",
                f"{value})",
                f">= {goal}",
                times >= goal,
            )


class _Side(Protocol):
    """One of the two that are compared."""

    async def cast(self, person: int) -> None: ...


def _many(side: _Side, many: int) -> Callable[[], Awaitable[int]]:
    """So many at once, each one after another, until the slice is over."""
    turns = count()

    async def run() -> int:
        first, until = next(turns), time.perf_counter() + SLICE

        async def one() -> None:
            over = False
            while not over:  # at least one, however busy the machine
                turn = next(turns)
                await side.cast(turn // 2 if turn % 8 == 7 else turn)
                over = time.perf_counter() >= until

        await asyncio.gather(*(one() for _ in range(many)))
        return next(turns) - first - 1

    return run


@dataclass
class _Ours(_Side):
    """The service on its databases. ``here``: what callers have in common."""

    ballots: Ballots
    polls: Sequence[Poll]
    here: Here
    length: int

    async def cast(self, person: int) -> None:
        caller = Caller("slack", "harbour", f"U{person:010}")
        here = replace(self.here, caller=caller)
        await self.ballots.cast(here, self.polls[person % POLLS].id, BALLOT)


@dataclass
class _Raw(_Side):
    """Rows of the same length, and nothing else."""

    pool: "asyncpg.Pool[Any]"
    length: int
    polls: Sequence[str]

    async def cast(self, person: int) -> None:
        tag = hashlib.md5(b"%d" % person, usedforsecurity=False).digest()
        await self.pool.execute(UPSERT, self.polls[person % POLLS], tag, tag * (self.length // 16))


def _pool(database: str) -> "asyncpg.Pool[Any]":
    """Without the statement by which asyncpg's pool makes every connection as new after its use:
    the peer goes to the server once for each ballot."""

    async def leave(connection: "asyncpg.Connection[Any]") -> None:
        """Nothing was changed in it."""

    url = database.replace("+asyncpg", "")
    return asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS, reset=leave)


@asynccontextmanager
async def _service(database: str, key_store: str, folder: Path) -> AsyncIterator[_Ours]:
    chance, clock = SystemChance(), SystemClock()
    make_key_files(folder, chance)
    vault = FileVault(read_key_files(folder), chance)
    engine, store = open_engine(database), open_engine(key_store)
    try:
        await upgrade(engine, Chain.MAIN)
        await upgrade(store, Chain.KEYS)
        here = replace(harbour.here(), now=clock.now())
        polls = [await _opened(engine, SqlKeys(store), vault, here) for _ in range(POLLS)]
        length = len(vault.seal_ballot(polls[0].public_key, bytes(len(QUESTIONS))))
        async with casting(engine) as cast:
            ballots = Ballots(work_on(engine), cast, SqlKeys(store), vault, clock)
            for one in polls:
                await ballots.check(here, one.id)  # as before the form
            yield _Ours(ballots, polls, here, length)
    finally:
        await engine.dispose()
        await store.dispose()


async def _opened(engine: AsyncEngine, keys: SqlKeys, vault: Vault, here: Here) -> Poll:
    id, key = new_id(), vault.new_key()
    opened = poll(
        id=id,
        community=here.community.id,
        questions=QUESTIONS,
        opens=here.now,
        closes=here.now + timedelta(days=7),
        spaces=(here.space.id,),
        public_key=vault.ballot_public_key(key),
    )
    await keys.make_poll(id, vault.wrap(id, key, "poll_keys"))
    async with work_on(engine)() as work:
        await work.polls.add(opened)
    return opened
