"""The same journeys where database and key store are on a PostgreSQL server, for many processes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.clock import SystemClock
from adapters.sandbox import people
from bot import checks
from bot.settings import Where
from bot.wiring import groundswell
from storage.keys import SqlKeys
from storage.lines import Line
from storage.work import work_on
from tests.contract.conftest import opened
from tests.fakes.acts import STORY, Acts, receipt_in, shown
from tests.fakes.asked import asked
from tests.fakes.lives import asked_life, whole_life
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import US, World
from tests.journeys import test_first_case

WORKERS = tuple(f"worker-{n}" for n in range(9))


@pytest.fixture
async def where(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Where]:
    async with installation(postgres, tmp_path) as made:
        yield made


async def test_a_worker_is_heard(world: World) -> None:
    assert world.where.database.startswith("postgresql+asyncpg://")
    await test_first_case.test_a_worker_is_heard(world)


async def test_everything_people_do_goes_as_well(world: World) -> None:
    acts = Acts(world)
    await whole_life(acts, WORKERS)
    await asked_life(acts, [*WORKERS, "one-more", "and-one-more"])
    assert [facts for event, facts in world.log.lines if event.value == "bug"] == []
    assert len(acts.receipts) > len(WORKERS) - 1


#: The community, the draft; key and case are kept; the draft's words go. Each is a transaction.
MOST_ASKED = 5


async def test_sending_asks_each_thing_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, keep = list[Line](), Line.keep

    async def kept(line: Line) -> None:
        begun.append(line)
        await keep(line)

    acts = Acts(world)
    await acts.file("first")  # what is loaded once in a process is loaded
    monkeypatch.setattr(Line, "keep", kept)
    preview = await acts.preview("second")
    with asked() as heard:
        receipt_in(await acts.press("second", preview, "send"))
    assert len(heard) <= MOST_ASKED, [statement for statement, _ in heard]
    assert begun == []


async def test_two_processes_on_one_database_tell_everything_once(world: World) -> None:
    """A second bot on the same databases: one takes what the other was sent, neither twice."""
    posts = {people.PLATFORM: world.post}
    parts = (world.where, US, posts, world.clock, world.chance, world.log)
    async with groundswell(*parts, room_delay=timedelta(0)) as second:
        around = (world.where, world.clock, world.chance, world.log, world.post, world.charts)
        there = Acts(World(second, *around))
        here = Acts(world)
        receipts = [await one.file(who) for one, who in ((here, "a"), (there, "b"), (here, "c"))]
        dues = await second.communities.coming()
        world.clock.at = next(due.at for due in dues if due.what == "slot")
        await asyncio.gather(world.bot.tick(), second.tick(), world.bot.tick(), second.tick())
        assert [to for to, _ in world.post.people] == ["ines-moreau"]
        assert sorted(room for room, _ in world.post.rooms) == ["general", "reps"]
        listed = await there.say("ines-moreau", "cases")
        assert [b.name for b in listed.cards[0].buttons] == ["open"] * 3
        for one, receipt in zip((there, here, there), receipts, strict=True):
            assert STORY in shown(await one.visit("someone", receipt))
    assert [facts for event, facts in world.log.lines if event.value == "bug"] == []


@pytest.mark.parametrize("first", ["slot", "send"])
async def test_a_case_sent_again_while_its_slot_happens_is_there_once(
    world: World, first: str
) -> None:
    """The process that took it died before its draft knew. Slot and second send wait for a third
    who holds the community, and then come one after the other."""
    acts = Acts(world)
    world.clock.move(timedelta(minutes=75))
    preview = await acts.preview("a")
    async with opened(world.where.database) as database, opened(world.where.key_store) as store:
        drafts = await rows(store, "SELECT id, sealed, until FROM drafts")
        receipt = receipt_in(await acts.press("a", preview, "send"))
        for draft in drafts:
            until = datetime.fromtimestamp(draft.until, UTC)
            await SqlKeys(store).keep_draft(draft.id, draft.sealed, until)
        (community,) = await world.bot.communities.ids()
        dues = await world.bot.communities.coming()
        (world.clock.at,) = [due.at for due in dues if due.what == "slot"]
        again = {"slot": world.bot.tick, "send": lambda: acts.press("a", preview, "send")}
        tasks = []
        async with work_on(database)() as third:
            await third.communities.hold(community, alone=True)
            for name in (first, *again.keys() - {first}):
                tasks.append(asyncio.create_task(again[name]()))
                while len(await rows(store, WAITING)) < len(tasks):
                    assert not any(task.done() for task in tasks)
        await asyncio.gather(*tasks)
    listed = await acts.say("ines-moreau", "cases")
    assert [b.name for b in listed.cards[0].buttons] == ["open"]
    assert STORY in shown(await acts.visit("a", receipt))
    assert [to for to, _ in world.post.people] == ["ines-moreau"]
    await world.slot()
    assert [b.name for b in (await acts.say("ines-moreau", "cases")).cards[0].buttons] == ["open"]
    assert [facts for event, facts in world.log.lines if event.value == "bug"] == []


WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


async def rows(engine: AsyncEngine, query: str) -> list[Any]:
    async with engine.connect() as connection:
        return list(await connection.execute(text(query)))


async def test_a_clock_that_differs_from_the_servers_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await checks.clock(world.where) is None
    ahead = SystemClock().now() + timedelta(seconds=90)
    monkeypatch.setattr(SystemClock, "now", lambda self: ahead)
    said = await checks.clock(world.where)
    assert said is not None
    assert " seconds ahead of the database's" in said
