"""What every database promises about one transaction, and about showing what is kept."""

import asyncio

import pytest

from bot.domain.communities import Community, Policy, Slots
from bot.ports import OpenWork, Stored, Work
from storage.schema import Chain
from storage.work import work_on
from tests.contract.conftest import Backend, Server, opened, waits
from tests.contract.rows import (
    HERE,
    RESULT,
    SLOT,
    case,
    entry,
    new_id,
    parcel,
    poll,
    said,
    waiting,
)
from tests.fakes.postgres import Postgres

COMMUNITY = Community(HERE, "Harbour", "HARBOUR1", "en", Slots(), ("pay",), Policy(), 30)


async def everything(work: Work) -> str:
    """Something on every shelf; gives the case's id."""
    row = case()
    await work.communities.add(COMMUNITY, [], [], [])
    await work.communities.set_next_slot(HERE, SLOT)
    await work.grievances.wait(waiting())
    await work.cases.add(row)
    await work.cases.add_entry(entry(row.id))
    await work.outbox.put(parcel())
    await work.ledger.claim("slot", HERE, "2026")
    await work.polls.add(poll())
    return row.id


async def nothing_on_any_shelf(open_work: OpenWork, case_id: str) -> bool:
    async with open_work() as work:
        return (
            await work.communities.all() == []
            and await work.grievances.due(HERE, SLOT) == []
            and await work.cases.live(HERE) == []
            and await work.cases.entries([case_id]) == []
            and await work.outbox.claim(["sandbox"], SLOT, SLOT - SLOT, 50) == []
            and await work.ledger.claim("slot", HERE, "2026")
            and await work.polls.of(HERE, 1) == []
        )


class Mishap(Exception):
    pass


async def test_leaving_normally_keeps_everything(open_work: OpenWork) -> None:
    async with open_work() as work:
        id = await everything(work)
    async with open_work() as work:
        assert await work.communities.all() == [HERE]
        assert len(await work.grievances.due(HERE, SLOT)) == 1
        assert [row.id for row in await work.cases.live(HERE)] == [id]
        assert len(await work.cases.entries([id])) == 1
        assert len(await work.outbox.claim(["sandbox"], SLOT, SLOT - SLOT, 50)) == 1
        assert await work.ledger.claim("slot", HERE, "2026") is False


async def test_an_error_undoes_everything(open_work: OpenWork) -> None:
    with pytest.raises(Mishap):
        async with open_work() as work:
            id = await everything(work)
            raise Mishap
    assert await nothing_on_any_shelf(open_work, id)


async def test_a_request_that_is_cut_off_leaves_nothing_and_blocks_nobody(
    open_work: OpenWork,
) -> None:
    kept: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def request() -> None:
        async with open_work() as work:
            kept.set_result(await everything(work))
            await asyncio.Event().wait()

    cut_off = asyncio.create_task(request())
    id = await asyncio.wait_for(kept, timeout=5)
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    assert await asyncio.wait_for(nothing_on_any_shelf(open_work, id), timeout=5)


async def test_nobody_sees_what_is_not_committed(open_work: OpenWork, backend: Backend) -> None:
    """On PostgreSQL whoever looks meanwhile sees nothing; on SQLite they wait until it is undone."""

    async def look() -> list[object]:
        async with open_work() as work:
            return list(await work.cases.live(HERE))

    with pytest.raises(Mishap):
        async with open_work() as work:
            await everything(work)
            other = asyncio.create_task(look())
            one_connection = backend.name == "sqlite"
            assert await waits(other, one_connection) is one_connection
            raise Mishap
    assert await other == []


async def test_a_key_is_kept_while_any_row_needs_it(open_work: OpenWork) -> None:
    filed, row, spoken_of = waiting(), case(), case()
    added = said(new_id())
    keys, stray = [filed.key, added.key, row.key, spoken_of.key], new_id()
    async with open_work() as work:
        for one in (filed, added):
            await work.grievances.wait(one)
        for released in (row, spoken_of):
            await work.cases.add(released)
    async with open_work() as work:
        assert await work.kept([*keys, stray]) == set(keys)
        assert await work.kept([row.key]) == {row.key}
        assert await work.kept([stray]) == await work.kept([]) == set()
        await work.grievances.leave([filed.id, added.id])
        for released in (row, spoken_of):
            await work.cases.remove(released.id)
        assert await work.kept(keys) == set()


async def test_a_polls_key_is_kept_until_no_comments_can_come_of_it(open_work: OpenWork) -> None:
    """Before the close, too: one that failed is tried again, with the same key."""
    running, commented, bare = rows = [poll() for _ in range(3)]
    ids = [row.id for row in rows]
    async with open_work() as work:
        for row in rows:
            await work.polls.add(row)
        await work.polls.close(commented.id, RESULT, b"comments", SLOT)
        await work.polls.close(bare.id, RESULT, None, SLOT)
    async with open_work() as work:
        assert await work.kept(ids) == {running.id, commented.id}
        await work.polls.forget_comments([commented.id])
        assert await work.kept(ids) == {running.id}


async def test_what_is_stored_of_a_case_is_every_row_of_it_and_no_other(
    open_work: OpenWork,
) -> None:
    row, other = case(due=None, sealed=b"\x00\xff"), case()
    waits = new_id()
    told, added = entry(row.id, sealed=b"\x01"), said(waits, sealed=b"\x02")
    async with open_work() as work:
        for one in (row, other):
            await work.cases.add(one)
        await work.cases.add_entry(told)
        await work.cases.add_entry(entry(other.id))
        await work.grievances.wait(added)
        await work.grievances.wait(said(new_id()))
    async with open_work() as work:
        stored = await work.stored([row.key, waits])
        assert await work.stored([row.key]) == stored[1:]
        assert await work.stored([waits]) == stored[:1]
        assert await work.stored([new_id()]) == await work.stored([]) == []
    assert stored == [
        Stored(
            "waiting",
            [
                {
                    "id": added.id,
                    "community": HERE,
                    "slot": "2026-06-01T09:00:00+00:00",
                    "lookup": None,
                    "key": waits,
                    "sealed": "02",
                }
            ],
        ),
        Stored(
            "cases",
            [
                {
                    "id": row.id,
                    "number": row.number,
                    "community": HERE,
                    "lookup": row.lookup.hex(),
                    "key": row.key,
                    "release": "2026-06-01T09:00:00+00:00",
                    "due": None,
                    "look": "2026-06-01T21:00:00+00:00",
                    "gone": "2027-06-01T09:00:00+00:00",
                    "live": True,
                    "sealed": "00ff",
                }
            ],
        ),
        Stored("entries", [{"id": told.id, "case": row.id, "sealed": "01"}]),
    ]


async def test_what_is_stored_of_a_waiting_case_is_shown_with_what_was_added(
    open_work: OpenWork,
) -> None:
    filed = waiting()
    added = said(filed.key)
    async with open_work() as work:
        await work.grievances.wait(filed)
        await work.grievances.wait(added)
    async with open_work() as work:
        (shown,) = await work.stored([filed.key])
    assert shown.table == "waiting"
    assert {row["id"] for row in shown.rows} == {filed.id, added.id}


async def test_connections_that_the_server_cut_meanwhile_are_replaced_unasked(
    postgres: Postgres,
) -> None:
    async with Server(postgres).database(Chain.MAIN) as url, opened(url) as engine:
        open_work = work_on(engine)
        async with open_work() as one, open_work() as other:  # two in the pool
            assert await one.communities.all() == await other.communities.all() == []
        await postgres.run(CUT)
        await asyncio.sleep(0.1)
        async with open_work() as one, open_work() as other:
            await everything(one)
            assert await other.communities.all() == []


CUT = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
