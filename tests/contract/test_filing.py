"""What every database promises of a case that is filed in one statement, beside slots that happen."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.grievances.intake import Waiting
from bot.ports import OpenWork
from storage.engine import single
from storage.work import work_on
from tests.contract.conftest import waits
from tests.contract.rows import HERE, NEXT_SLOT, SLOT, case, new_id, new_lookup, waiting
from tests.unit.harbour import community


@pytest.fixture
async def open_work(database: AsyncEngine) -> OpenWork:
    """Of a community that waits for its slot."""
    open_work = work_on(database)
    async with open_work() as work:
        await work.communities.add(community(id=HERE), [], [], [])
        await work.communities.set_next_slot(HERE, SLOT)
    return open_work


async def filed(
    database: AsyncEngine, row: Waiting, lookups: list[bytes], released: list[bytes]
) -> bool:
    async with work_on(single(database))() as work:
        return await work.grievances.hold_and_file(row, lookups, released)


async def all_waiting(open_work: OpenWork) -> list[Waiting]:
    async with open_work() as work:
        return await work.grievances.due(HERE, NEXT_SLOT)


async def test_it_is_filed_once_whatever_else_is_there(
    database: AsyncEngine, open_work: OpenWork
) -> None:
    mine, other = waiting(sealed=bytes(range(256)) * 40), waiting()
    async with open_work() as work:
        await work.grievances.wait(other)
        await work.cases.add(case())
    assert mine.lookup is not None
    for expected in (True, False):
        assert await filed(database, mine, [mine.lookup], [new_lookup()]) is expected
    expected_rows = sorted((mine, other), key=lambda row: row.id)
    assert await all_waiting(open_work) == expected_rows


async def test_it_is_not_filed_again_under_any_of_its_lookups(
    database: AsyncEngine, open_work: OpenWork
) -> None:
    before, released = waiting(), case()
    async with open_work() as work:
        await work.grievances.wait(before)
        await work.cases.add(released)
    assert before.lookup is not None
    assert not await filed(database, waiting(), [new_lookup(), before.lookup], [])
    assert not await filed(database, waiting(), [], [new_lookup(), released.lookup])
    same_id = waiting(id=before.id)
    assert not await filed(database, same_id, [same_id.lookup or b""], [])
    assert await all_waiting(open_work) == [before]


@pytest.mark.parametrize(("next_slot", "expected"), [(SLOT, True), (NEXT_SLOT, False)])
async def test_it_is_filed_for_a_slot_that_is_to_come_alone(
    database: AsyncEngine, open_work: OpenWork, next_slot: datetime, *, expected: bool
) -> None:
    async with open_work() as work:
        await work.communities.set_next_slot(HERE, next_slot)
    assert await filed(database, waiting(slot=SLOT), [], []) is expected
    assert bool(await all_waiting(open_work)) is expected


async def test_it_is_filed_nowhere_where_no_slot_will_happen(database: AsyncEngine) -> None:
    open_work = work_on(database)
    assert not await filed(database, waiting(), [], []), "there is no such community"
    async with open_work() as work:
        await work.communities.add(community(id=HERE), [], [], [])
    assert not await filed(database, waiting(), [], []), "its calendar has not begun"
    assert await all_waiting(open_work) == []


async def test_who_files_the_same_at_once_files_it_once(
    database: AsyncEngine, open_work: OpenWork
) -> None:
    lookup = new_lookup()
    same = [waiting(lookup=lookup) for _ in range(4)]
    done = await asyncio.gather(*(filed(database, one, [lookup], []) for one in same))
    assert sorted(done) == [False] * 3 + [True]
    assert await all_waiting(open_work) == [same[done.index(True)]]


@pytest.mark.parametrize("happened", [True, False])
async def test_it_waits_for_a_slot_that_happens_and_then_sees_that_it_did(
    database: AsyncEngine, open_work: OpenWork, *, happened: bool
) -> None:
    row = waiting(slot=SLOT)
    async with open_work() as slot:
        await slot.communities.hold(HERE, alone=True)
        filing = asyncio.create_task(filed(database, row, [], []))
        assert await waits(filing)
        if happened:
            await slot.communities.set_next_slot(HERE, NEXT_SLOT)
    assert await filing is not happened
    assert await all_waiting(open_work) == ([] if happened else [row])


async def test_it_waits_for_a_release_and_then_sees_that_it_is_released(
    database: AsyncEngine, open_work: OpenWork
) -> None:
    """The same that is sent twice, the second time while the first is being released; and the
    community's next slot is one of the same moment."""
    first = waiting(slot=SLOT)
    assert first.lookup is not None
    assert await filed(database, first, [first.lookup], [])
    released = case()
    async with open_work() as slot:
        await slot.communities.hold(HERE, alone=True)
        again = asyncio.create_task(
            filed(database, waiting(id=new_id()), [first.lookup], [released.lookup])
        )
        assert await waits(again)
        await slot.cases.add(released)
        await slot.grievances.leave([first.id])
    assert not await again
    assert await all_waiting(open_work) == []


async def test_it_waits_for_a_community_that_is_forgotten_and_then_leaves_nothing(
    database: AsyncEngine, open_work: OpenWork
) -> None:
    async with open_work() as work:
        await work.communities.hold(HERE, alone=True)
        filing = asyncio.create_task(filed(database, waiting(), [], []))
        assert await waits(filing)
        await work.belongings.remove(HERE)
    assert not await filing
    assert await all_waiting(open_work) == []


async def test_those_who_file_do_not_wait_for_each_other_nor_for_who_holds_with_them(
    database: AsyncEngine, open_work: OpenWork
) -> None:
    one_writer = database.dialect.name == "sqlite"
    async with open_work() as work:
        await work.communities.hold(HERE)
        filing = asyncio.create_task(filed(database, waiting(), [], []))
        assert await waits(filing, one_writer) is one_writer
    assert await filing


async def test_it_leaves_no_trace_in_the_row_of_its_community(
    database: AsyncEngine, open_work: OpenWork
) -> None:
    """PostgreSQL writes a row lock into the row itself: who came last would stand in ``xmax``."""
    columns = "xmin, xmax, ctid, *" if database.dialect.name == "postgresql" else "*"

    async def row() -> str:
        async with database.connect() as run:
            return str((await run.execute(text(f"SELECT {columns} FROM communities"))).all())

    before = await row()
    assert await filed(database, waiting(), [], [])
    assert await row() == before
