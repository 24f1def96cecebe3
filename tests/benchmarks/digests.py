"""Figure 8: one community's digest, in a large database and in a small one, on PostgreSQL with fsync.

The large one holds a million cases of other communities and two million rows of open polls, the
small one ten thousand cases; the digest is of as many cases in both, and without its picture. A
third has four times as many of its own. And five thousand communities whose digests are due in the
same minute, all sent in one tick while nothing else waits.
"""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from bot.heartbeat import Each
from tests.benchmarks.rounds import LESS, Figure, Slice, measured, micro, ratio
from tests.benchmarks.ticks import LONGEST_HOLD, WEDNESDAY, _seconds, _Town, _town, _watched
from tests.fakes.acts import Acts
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import World, new_world

CASES, MORE, FEW, BALLOTS = 40, 160, 10_000 // LESS, 2_000_000 // LESS
MANY = 1_000_000 // LESS
AT_ONCE = 5_000 // LESS
GROWTH, LINEAR = 1.5, MORE / CASES
SLICE = 0.1  #: seconds
WEEK = timedelta(weeks=1)


async def figures(server: Postgres, folder: Path) -> AsyncIterator[Figure]:
    """The three lines of figure 8."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        large = await enter(_digest(server, folder / "large", CASES, MANY, BALLOTS))
        small = await enter(_digest(server, folder / "small", CASES, FEW, 0))
        busy = await enter(_digest(server, folder / "busy", MORE, FEW, 0))
        sides = {"large": large, "small": small, "busy": busy}
        slices = {name: Slice(one.run, one.prepare) for name, one in sides.items()}
        await measured(slices, rounds=1)
        cost = await measured(slices)
        grown, linear = (ratio(cost[name], cost["small"]) for name in ("large", "busy"))
        yield Figure(
            f"8 one digest among {MANY:,} cases and {BALLOTS:,} ballots, against {FEW:,} cases",
            f"{grown:.2f} times ({micro(cost['large'])} of CPU, {micro(cost['small'])})",
            f"<= {GROWTH}",
            grown <= GROWTH,
        )
        yield Figure(
            f"8 one digest of {MORE} cases, against {CASES}",
            f"{linear:.2f} times",
            f"<= {LINEAR:.0f}",
            linear <= LINEAR,
        )
        town = await enter(_town(server, folder / "town", AT_ONCE, {"organisers": "organisers"}))
        held = min([await _all_at_once(town) for _ in range(3)])
        yield Figure(
            f"8 event loop held while {AT_ONCE:,} digests are sent",
            f"{held * 1000:.1f} ms at most",
            f"<= {LONGEST_HOLD * 1000:.0f} ms",
            held <= LONGEST_HOLD,
        )


@dataclass
class _Digest:
    """A bot with one community of its own, in a database that it has not to itself."""

    world: World
    line: "asyncpg.Connection[Any]"
    community: Any
    sending: Each[Any]

    async def prepare(self) -> None:
        await self.line.execute("TRUNCATE outbox, ledger, digest_weeks")

    async def run(self) -> int:
        """Week after week, until the slice is over."""
        done, until = 0, time.perf_counter() + SLICE
        while not done or time.perf_counter() < until:
            self.world.clock.at += WEEK
            await self.sending.ask(self.community)
            done += 1
        assert await self.line.fetchval("SELECT count(*) FROM digest_weeks") == done
        return done


@asynccontextmanager
async def _digest(
    server: Postgres, root: Path, own: int, others: int, ballots: int
) -> AsyncIterator[_Digest]:
    root.mkdir(parents=True)
    async with installation(server, root) as where, new_world(where) as world:
        acts = Acts(world)
        for n in range(own):
            await acts.file(f"worker-{n}")
        line = await asyncpg.connect(where.database.replace("+asyncpg", ""))
        try:
            while await line.fetchval("SELECT count(*) FROM waiting"):  # some were put off
                await world.slot()
            await _fill(line, others, ballots)
            await line.execute("UPDATE communities SET next_slot = NULL")
            await line.execute("UPDATE cases SET look = NULL, due = NULL")
            (community,) = await world.bot.communities.ids()
            sending = next(b for b in world.bot.heartbeat._beats if b.name == "digests.due")
            assert isinstance(sending, Each)
            yield _Digest(world, line, community, sending)
        finally:
            await line.close()


async def _fill(line: "asyncpg.Connection[Any]", cases: int, ballots: int) -> None:
    """Rows of others, in hundreds of communities and polls, short ones: their words are never
    read."""
    await line.execute(
        "INSERT INTO cases (id, number, community, lookup, key, release, gone, live, sealed) "
        "SELECT md5(n::text), left(md5(n::text), 8), md5((n % 500)::text), decode(md5(n::text), "
        "'hex'), md5(n::text), $2, $3, n % 2 = 0, decode(repeat(md5(n::text), 6), 'hex') "
        "FROM generate_series(1, $1) AS n ON CONFLICT DO NOTHING",
        cases,
        _seconds(WEDNESDAY),
        _seconds(WEDNESDAY + 60 * WEEK),
    )
    await line.execute(
        "INSERT INTO ballots (poll, tag, sealed) SELECT md5((n % 400)::text), "
        "decode(md5(n::text), 'hex'), decode(repeat(md5(n::text), 5), 'hex') "
        "FROM generate_series(1, $1) AS n",
        ballots,
    )
    await line.execute("ANALYZE")


async def _all_at_once(town: _Town) -> float:
    """The longest time, in seconds, that nothing else could run in a tick in which all are due."""
    await town.line.execute("TRUNCATE outbox, ledger, digests, digest_weeks")
    plan = '{"weekday": 2, "at": "09:00", "zone": "UTC", "language": "en"}'
    await town.line.execute(
        "INSERT INTO digests (community, settings, revision, due, nowhere, first, done, serial, "
        "since) SELECT id, $1, 1, $2, false, '2026-06-01', '2026-05-25', 0, $3 FROM communities",
        plan,
        _seconds(WEDNESDAY),
        _seconds(WEDNESDAY - WEEK),
    )
    found: list[float] = []
    async with _watched(found):
        await town.bot.heartbeat.tick()
    told = await town.line.fetchval("SELECT count(*) FROM outbox WHERE notice = 'digest'")
    assert told == AT_ONCE, f"{told} of {AT_ONCE} were sent: {town.log.lines[-3:]}"
    return max(found)
