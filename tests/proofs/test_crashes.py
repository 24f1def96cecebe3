"""Crashes: several processes on PostgreSQL are killed all the time, and nothing is lost or doubled.

Shows: 300 SIGKILLs (a tenth in CI) of one that submits, two that deliver and two that keep time, at
each named point and at any moment: every receipt that was read opens its case, every slot happened
once, whatever was to be said was said, and once where ids are honoured. Does not show: power lost
under the database's own disk. Control: a platform that does not honour ids shows some things twice.
"""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.chance import SystemChance
from adapters.sandbox import people
from adapters.vault import make_key_files
from bot.domain.communities import Community, Policy, Slots, Step, Target
from bot.domain.communities.policy import LONGEST_DEADLINE
from bot.wiring import Bot, groundswell
from storage.engine import open_engine
from tests.fakes.field import ANY_MOMENT, Field, Mortal, field_on
from tests.fakes.mortals import POINTS
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import US, KeptLog, KeptPost, caller
from tests.proofs.scale import scaled

PLACES = ("submitter", "deliverer", "deliverer", "heartbeat", "heartbeat")
LIVES = max(scaled(300, 30) // len(PLACES), 6)  #: at each place; six points is the longest list
SLOTS = Slots("UTC", tuple(range(7)))  #: one a day, so that many fit into a case's year
#: Its readers are told again once a month: the proof is about crashes, not about many notices.
CALM = Policy((Step(Target.ALL_REPS, LONGEST_DEADLINE, LONGEST_DEADLINE),))
#: Whatever was ever put on the outbox by a transaction that committed.
LOG = (
    "CREATE TABLE was_put (id TEXT, notice TEXT, slot TEXT)",
    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO was_put VALUES (NEW.id, NEW.notice, NEW.facts ->> 'slot'); RETURN NEW; END $$",
    "CREATE TRIGGER note AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION note()",
)


@pytest.mark.xdist_group("processes")
async def test_whoever_is_killed_nothing_is_lost_and_nothing_happens_twice(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with installation(postgres, tmp_path) as where, field_on(where, tmp_path) as field:
        make_key_files(where.keys, SystemChance())
        where.data.mkdir()
        began = await _found(field)
        await _die(field)
        last = await _settle(field)
        lost = await _lost(field)
        put, left = await _put(field)
    slots = _slots(began, last)
    assert sum(field.deaths.values()) == LIVES * len(PLACES)
    assert set(field.deaths) == {(r, p) for r in POINTS for p in (*POINTS[r], ANY_MOMENT)}
    assert (lost, field.bugs, left) == ([], [], 0)
    assert len(field.receipts) >= LIVES // 2
    by_slot = [slot for _, notice, slot in put if notice == "staff"]
    assert sorted(by_slot) == slots, "every slot once"
    weekly = [slot for _, notice, slot in put if notice == "bulletin"]
    assert sorted(weekly) == [slot for slot in slots if _is_monday(slot)]
    assert set(field.calls) == {id for id, _, _ in put}, "all that was to be said, and only that"
    assert len(field.calls) > len(set(field.calls)), "without ids some would be there twice"


async def _die(field: Field) -> None:
    """All places live and die side by side, while the days go by."""
    dice = random.Random(1)  # noqa: S311 when to kill, not what to keep secret
    async with asyncio.TaskGroup() as together:
        days = together.create_task(_days(field))
        lives = [
            together.create_task(_lives(field, role, [dice.random() for _ in range(LIVES)]))
            for role in PLACES
        ]
        left = [await one for one in lives]
        days.cancel()
    for mortal in left:
        mortal.kill()
        await mortal.ended.wait()


async def _lives(field: Field, role: str, dice: Iterable[float]) -> Mortal:
    """One place: who is killed is followed by another; the last one is left to the others."""
    points = islice(cycle((*POINTS[role], ANY_MOMENT)), LIVES)
    for point, die in zip(points, dice, strict=True):
        await field.dies(role, point, die)
    return await field.bear(role)


async def _days(field: Field) -> None:
    while True:
        await asyncio.sleep(1)
        field.clock.move_to(SLOTS.after(field.clock.now()))


async def _found(field: Field) -> datetime:
    """The seeded community with a slot a day, and a list of all that is put on its outbox."""
    async with _bot(field, KeptPost()) as bot:
        new_id = lambda: SystemChance().bytes(16).hex()  # noqa: E731 used once
        seeded = people.community(new_id, "TESTCODE", field.clock.now())
        await bot.communities.found(_calm(seeded))
        began = field.clock.now()
    await _run(field, *LOG)
    return began


def _calm(seeded: Community) -> Community:
    return replace(seeded, slots=SLOTS, policy=CALM)


def _bot(field: Field, post: KeptPost):
    posts = {people.PLATFORM: post}
    return groundswell(
        field.where, US, posts, field.clock, SystemChance(), KeptLog(), room_delay=timedelta(0)
    )


async def _settle(field: Field) -> datetime:
    """Nobody is killed any more: two more slots, and all that is left to be said is said."""
    async with _bot(field, post := KeptPost()) as bot:
        for _ in range(2):
            field.clock.move_to(SLOTS.after(field.clock.now()))
            await bot.tick()
        last = field.clock.now()
        for _ in range(3):  # leases of those who died, and quiet hours
            field.clock.move_to(field.clock.now() + timedelta(hours=5))
            await bot.tick()
        field.calls += post.ids
    return last


async def _lost(field: Field) -> list[str]:
    """The receipts somebody has read that open nothing."""
    async with _bot(field, KeptPost()) as bot:
        return [one for one in field.receipts if not await _opens(bot, one)]


async def _opens(bot: Bot, receipt: str) -> bool:
    form = await bot.door.submit("receipt", caller("anyone"), "", {"receipt": receipt})
    return form.form is None


async def _put(field: Field) -> tuple[list[tuple[str, str, str]], int]:
    """All that was ever put on the outbox, and how much is left there."""
    engine = open_engine(field.where.database)
    async with engine.connect() as connection:
        put = [tuple(row) for row in await _rows(connection, "SELECT * FROM was_put")]
        ((left,),) = await _rows(connection, "SELECT count(*) FROM outbox")
    await engine.dispose()
    return put, left


async def _rows(connection: AsyncConnection, query: str):
    return list(await connection.execute(text(query)))


async def _run(field: Field, *statements: str) -> None:
    engine = open_engine(field.where.database)
    async with engine.begin() as connection:
        for one in statements:
            await connection.execute(text(one))
    await engine.dispose()


def _slots(began: datetime, last: datetime) -> list[str]:
    """Every 09:00 UTC since, by an arithmetic of its own."""
    day = began.replace(hour=9, minute=0, second=0, microsecond=0)
    days = (day + timedelta(days=n) for n in range((last - day).days + 1))
    return [one.isoformat() for one in days if began < one <= last]


def _is_monday(slot: str) -> bool:
    return datetime.fromisoformat(slot).isoweekday() == 1
