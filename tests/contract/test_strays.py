"""When a key without a row is destroyed: at the second look a slot apart, and never by its age."""

from datetime import timedelta

import pytest

from bot.ports import Noted, OpenWork, Wrapped
from bot.services.privacy.retention import LOOKS_APART, Retention
from bot.settings import Where
from storage.keys import SqlKeys
from tests.contract.conftest import opened
from tests.contract.rows import NEXT_SLOT, SECOND, SLOT, case, new_id, said, waiting
from tests.fakes.world import HandClock, KeptLog, World

KEY = Wrapped(b"\x01wrapped")


@pytest.fixture
def log() -> KeptLog:
    return KeptLog()


@pytest.fixture
def clock() -> HandClock:
    return HandClock(SLOT)


@pytest.fixture
def retention(open_work: OpenWork, keys: SqlKeys, clock: HandClock, log: KeptLog) -> Retention:
    return Retention(open_work, keys, clock, log)


async def made(keys: SqlKeys, waits: str | None = None) -> str:
    id = new_id()
    await keys.make(id, waits or new_id(), KEY)
    return id


async def is_there(keys: SqlKeys, id: str) -> bool:
    return id in await keys.get([id]) and id not in await keys.destroyed([id])


async def test_a_key_without_a_row_goes_at_the_second_look_a_slot_apart(
    retention: Retention, keys: SqlKeys, log: KeptLog
) -> None:
    id = await made(keys)
    await retention.look_for_strays(SLOT)
    assert await is_there(keys, id)
    assert log.lines == []
    await retention.look_for_strays(NEXT_SLOT)
    assert await keys.get([id]) == {}
    assert await keys.destroyed([id]) == {id}
    assert log.lines == [(Noted.SHREDDED, {"kind": "strays"})]


async def test_many_looks_at_one_slot_are_one_look(retention: Retention, keys: SqlKeys) -> None:
    id = await made(keys)
    for _ in range(3):
        await retention.look_for_strays(SLOT)
    assert await is_there(keys, id)


async def test_looks_less_than_a_slots_distance_apart_are_one_look(
    retention: Retention, keys: SqlKeys
) -> None:
    """Slots of two communities may lie an hour apart."""
    id = await made(keys)
    await retention.look_for_strays(SLOT)
    await retention.look_for_strays(SLOT + LOOKS_APART - SECOND)
    assert await is_there(keys, id)
    await retention.look_for_strays(SLOT + LOOKS_APART)
    assert not await is_there(keys, id)


async def test_a_key_is_never_destroyed_for_its_age(
    retention: Retention, keys: SqlKeys, clock: HandClock
) -> None:
    id = await made(keys)
    clock.move(timedelta(days=365))
    await retention.look_for_strays(clock.now())
    assert await is_there(keys, id)


async def test_a_key_that_gets_its_case_in_between_is_settled(
    retention: Retention, keys: SqlKeys, open_work: OpenWork
) -> None:
    id = await made(keys)
    await retention.look_for_strays(SLOT)
    async with open_work() as work:
        await work.cases.add(case(key=id))
    await retention.look_for_strays(NEXT_SLOT)
    assert await is_there(keys, id)
    assert await keys.unsettled() == {}


@pytest.mark.parametrize("kind", ["case", "follow-up"])
async def test_a_key_that_gets_a_waiting_row_in_between_stays_as_long_as_it_waits(
    retention: Retention, keys: SqlKeys, open_work: OpenWork, kind: str
) -> None:
    waits = new_id()
    id = await made(keys, waits)
    row = waiting(key=waits) if kind == "case" else said(waits)
    await retention.look_for_strays(SLOT)
    async with open_work() as work:
        await work.grievances.wait(row)
    for days in (2, 4, 7):
        await retention.look_for_strays(SLOT + timedelta(days=days))
        assert await is_there(keys, id)


async def test_a_key_with_its_case_is_settled_at_the_first_look(
    retention: Retention, keys: SqlKeys, open_work: OpenWork
) -> None:
    id, stray = await made(keys), await made(keys)
    async with open_work() as work:
        await work.cases.add(case(key=id))
    await retention.look_for_strays(SLOT)
    assert {id: missed for id, (_, missed) in (await keys.unsettled()).items()} == {stray: SLOT}
    await retention.look_for_strays(NEXT_SLOT)
    assert await is_there(keys, id)
    assert not await is_there(keys, stray)


async def test_a_key_made_between_two_looks_has_its_own_two(
    retention: Retention, keys: SqlKeys
) -> None:
    old = await made(keys)
    await retention.look_for_strays(SLOT)
    new = await made(keys)
    await retention.look_for_strays(NEXT_SLOT)
    assert not await is_there(keys, old)
    assert await is_there(keys, new)


async def test_slots_made_up_for_after_days_off_are_one_look(world: World, where: Where) -> None:
    """Else a key would go between two heartbeats of the process that is about to write its row."""
    async with opened(where.key_store) as engine:
        keys = SqlKeys(engine)
        world.clock.move(timedelta(days=9))
        id = await made(keys)
        await world.bot.tick()
        slots = [facts["period"] for event, facts in world.log.lines if event is Noted.SLOT]
        assert len(slots) == 4
        assert await is_there(keys, id)
        await world.slot()
        assert not await is_there(keys, id)
