"""Ledger: three processes find the same 500 slots due, and each slot happens once.

Shows: 500 slots (a tenth in CI) that came while nobody ran, made up for by three processes at once
on PostgreSQL, have exactly 500 effects. Does not show: processes that die (see the crashes).
Control: APScheduler alone, three processes on one job store, has more effects than it was due.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.chance import SystemChance
from adapters.sandbox import people
from adapters.vault import make_key_files
from bot.domain.communities import Slots
from bot.wiring import groundswell
from storage.engine import open_engine
from tests.fakes.field import ROOT, Field, field_on
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import US, KeptLog
from tests.proofs.scale import scaled

PERIODS = scaled(500, 50)
PROCESSES = 3
MOST_DUE = 120  #: of the control's job, which is due every half second
SLOTS = Slots("UTC", tuple(range(7)))

pytestmark = pytest.mark.xdist_group("processes")


async def test_so_many_periods_have_exactly_so_many_effects(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with installation(postgres, tmp_path) as where, field_on(where, tmp_path) as field:
        make_key_files(where.keys, SystemChance())
        where.data.mkdir()
        due = await _found(field)
        racers = [await field.bear("racer") for _ in range(PROCESSES)]
        for one in racers:
            await asyncio.wait_for(one.ready.wait(), 60)
        field.clock.move_to(due[-1] + timedelta(minutes=1))
        field.go.set()
        for one in racers:
            await asyncio.wait_for(one.done.wait(), 300)
        happened = await _happened(field)
    assert len(due) == PERIODS
    assert (sorted(happened), field.bugs) == ([one.isoformat() for one in due], [])


async def _found(field: Field) -> list[datetime]:
    """A community; the moments of its next slots, by an arithmetic of its own."""
    clock, chance = field.clock, SystemChance()
    async with groundswell(
        field.where, US, {}, clock, chance, KeptLog(), room_delay=timedelta(0)
    ) as bot:
        seeded = people.community(lambda: chance.bytes(16).hex(), "TESTCODE", clock.now())
        await bot.communities.found(replace(seeded, slots=SLOTS))
        first = clock.now().replace(hour=9, minute=0, second=0, microsecond=0)
        first += timedelta(days=first <= clock.now())
    return [first + timedelta(days=n) for n in range(PERIODS)]


async def _happened(field: Field) -> list[str]:
    """The slots that the staff room is to be told of: what each slot does whatever came."""
    engine = open_engine(field.where.database)
    async with engine.connect() as connection:
        query = "SELECT facts ->> 'slot' FROM outbox WHERE notice = 'staff'"
        found = list(await connection.scalars(text(query)))
    await engine.dispose()
    return found


# Control ----------------------------------------------------------------------------------------

#: One scheduler of several on one job store, the job due every half second.
SCHEDULER = """
import logging, sys, time
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from tests.fakes.effects import effect

logging.disable(logging.CRITICAL)
scheduler = BackgroundScheduler(timezone="UTC")
scheduler.add_jobstore(SQLAlchemyJobStore(url=sys.argv[1]))
scheduler.start()
print("ready", flush=True)
sys.stdin.readline()
if sys.argv[2] == "first":
    scheduler.add_job(effect, "interval", seconds=0.5, id="one", args=[sys.argv[3]])
else:
    time.sleep(0.1)
    scheduler.wakeup()
sys.stdin.readline()
"""


async def test_apscheduler_alone_on_one_job_store_does_things_twice(
    postgres: Postgres, tmp_path: Path
) -> None:
    effects = tmp_path / "effects"
    effects.touch()
    async with (
        postgres.database() as url,
        schedulers(url.replace("+asyncpg", "+psycopg"), effects) as them,
    ):
        for one in them:
            one.stdin.write("go\n")
            one.stdin.flush()
        began = asyncio.get_running_loop().time()
        happened = due = 0
        while happened <= due and due < MOST_DUE:  # on a busy machine they meet less often
            await asyncio.sleep(1)
            happened = len(effects.read_text().splitlines())
            due = int((asyncio.get_running_loop().time() - began) / 0.5) + 1
    assert happened > due, "three processes did it more often than it was due"


@asynccontextmanager
async def schedulers(store: str, effects: Path) -> AsyncIterator[list[subprocess.Popen[str]]]:
    """Three of them, each started after the one before is ready: the first makes the tables."""
    with ExitStack() as stack:
        them = []
        for name in ("first", "second", "third"):
            one = subprocess.Popen(
                [sys.executable, "-c", SCHEDULER, store, name, str(effects)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(one)
            stack.callback(one.kill)
            assert await asyncio.to_thread(one.stdout.readline) == "ready\n"
            them.append(one)
        yield them
