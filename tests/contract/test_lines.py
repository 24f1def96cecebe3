"""Connections to PostgreSQL that are kept: nothing of one transaction is left to the next one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.errors import CannotSave
from storage import engine as engine_module
from storage.asking import ask, ask_one
from storage.engine import single, transaction
from storage.lines import MOST
from storage.schema import Chain
from storage.tables import tombstones
from tests.contract.conftest import Server, opened, waits
from tests.contract.rows import SLOT, new_id
from tests.fakes.asked import asked
from tests.fakes.postgres import Postgres

_ADD = insert(tombstones).values(id=bindparam("id"), slot=bindparam("slot"))
_SLOT_OF = select(tombstones.c.slot).where(tombstones.c.id == bindparam("id"))
_PID = text("SELECT pg_backend_pid()")


@pytest.fixture
async def store(postgres: Postgres) -> AsyncIterator[AsyncEngine]:
    async with Server(postgres).database(Chain.KEYS) as url, opened(url) as engine:
        yield engine


async def there(store: AsyncEngine) -> set[str]:
    async with transaction(store) as run:
        return set(await run.scalars(select(tombstones.c.id)))


async def add(store: AsyncEngine, *ids: str) -> None:
    async with transaction(store) as run:
        for id in ids:
            await ask(run, _ADD, {"id": id, "slot": SLOT})


async def pid(store: AsyncEngine) -> int:
    async with transaction(store) as run:
        return int((await run.execute(_PID)).scalar_one())


async def test_one_after_another_go_over_one_connection(store: AsyncEngine) -> None:
    assert len({await pid(one) for one in (store, single(store), store)}) == 1


async def test_whoever_holds_something_and_says_nothing_more_keeps_nobody_waiting_for_ever(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = text("SELECT pg_advisory_xact_lock(7)")
    monkeypatch.setattr(engine_module, "GONE_AFTER", 1)
    async with Server(postgres).database(Chain.KEYS) as url, opened(url) as gone, opened(url) as on:
        with pytest.raises(CannotSave):
            async with transaction(gone) as silent:
                await silent.execute(lock)
                async with transaction(on) as next_one:
                    await next_one.execute(lock)
                await silent.execute(_PID)
        await add(gone, new_id())


async def test_what_was_said_either_way_is_kept_together_or_not_at_all(store: AsyncEngine) -> None:
    kept, undone = [new_id(), new_id()], [new_id(), new_id()]
    for ids, fails in ((undone, True), (kept, False)):
        try:
            async with transaction(store) as run:
                await ask(run, _ADD, {"id": ids[0], "slot": SLOT})
                await run.execute(_ADD, {"id": ids[1], "slot": SLOT})
                if fails:
                    raise LookupError
        except LookupError:
            assert await there(store) == set()
    assert await there(store) == set(kept)


async def test_a_statement_that_fails_spoils_no_later_transaction(store: AsyncEngine) -> None:
    id = new_id()
    await add(store, id)
    for wrong in (_ADD, text("SELECT nothing_of_that_name")):
        with pytest.raises((IntegrityError, ProgrammingError)):
            async with transaction(store) as run:
                await ask(run, _ADD, {"id": new_id(), "slot": SLOT})
                await run.execute(wrong, {"id": id, "slot": SLOT})
        with pytest.raises(IntegrityError):
            async with transaction(single(store)) as run:
                await run.execute(_ADD, {"id": id, "slot": SLOT})
        assert await there(store) == {id}


async def test_whoever_is_cancelled_in_the_middle_leaves_nothing_and_holds_nobody_up(
    store: AsyncEngine,
) -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        async with transaction(store) as run:
            await ask(run, _ADD, {"id": new_id(), "slot": SLOT})
            begun.set()
            await run.execute(select(func.pg_sleep(60)))

    for _ in range(MOST + 1):
        begun.clear()
        task = asyncio.create_task(slow())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await there(store) == set()


async def test_when_all_are_in_use_the_next_one_waits(store: AsyncEngine) -> None:
    async with asyncio.TaskGroup() as group:
        done = asyncio.Event()

        async def hold() -> None:
            async with transaction(store):
                await done.wait()

        for _ in range(MOST):
            group.create_task(hold())
        await asyncio.sleep(0)
        late = group.create_task(pid(store))
        assert await waits(late)
        done.set()
        assert await late


async def test_a_connection_that_the_server_cut_is_followed_by_another(store: AsyncEngine) -> None:
    first = await pid(store)
    kill = text("SELECT pg_terminate_backend(:pid)")
    with pytest.raises(CannotSave):
        async with transaction(store) as run:
            async with transaction(store) as other:
                await other.execute(kill, {"pid": first})
            await ask_one(run, _SLOT_OF, {"id": new_id()})
    assert await pid(store) != first
    assert await ask_all(store, new_id()) == []


async def test_a_store_that_is_disposed_of_has_no_connection_left(
    store: AsyncEngine, postgres: Postgres
) -> None:
    name = store.url.database
    await pid(store)
    await store.dispose()
    count = text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND pid <> :own")
    async with transaction(store) as run:  # it can be used anew
        own = (await run.execute(_PID)).scalar_one()
        for _ in range(100):
            if (await run.execute(count, {"name": name, "own": own})).scalar_one() == 0:
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("a connection is left")


async def ask_all(store: AsyncEngine, id: str) -> list[object]:
    async with transaction(store) as run:
        return [tuple(row) for row in await ask(run, _SLOT_OF, {"id": id})]


async def test_what_is_asked_of_asyncpg_itself_is_told_as_the_database_keeps_it(
    store: AsyncEngine,
) -> None:
    id = new_id()
    with asked() as heard:
        await add(store, id)
        assert await ask_all(store, id) == [(int(SLOT.timestamp()),)]
    assert [given for _, given in heard] == [[id, int(SLOT.timestamp())], [id]]
