"""When there is too much under way on a platform: too many acts, or a machine that is behind."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from bot.tasks import BEHIND, LOOKS, Tasks


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    made = Tasks(most=3)
    watching = asyncio.create_task(made.watch())
    await asyncio.sleep(0)
    yield made
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def _until(gate: asyncio.Event) -> None:
    await gate.wait()


async def test_it_is_full_once_so_many_acts_are_under_way_and_until_one_ends(tasks: Tasks) -> None:
    gate = asyncio.Event()
    for _ in range(3):
        assert not tasks.full
        tasks.start(_until(gate))
    assert tasks.full
    gate.set()
    await tasks.drain()
    assert not tasks.full


async def test_what_is_merely_read_is_no_act_and_is_waited_for_all_the_same(tasks: Tasks) -> None:
    gate = asyncio.Event()
    read = [tasks.start(_until(gate), act=False) for _ in range(9)]
    assert not tasks.full
    gate.set()
    await tasks.drain()
    assert all(one.done() for one in read)


async def test_an_act_that_breaks_is_over_as_well(tasks: Tasks) -> None:
    async def breaks() -> None:
        raise ValueError

    broken = [tasks.start(breaks()) for _ in range(3)]
    await asyncio.gather(*broken, return_exceptions=True)
    assert not tasks.full


async def test_a_machine_that_is_behind_is_full_at_once_and_until_it_is_not(tasks: Tasks) -> None:
    await asyncio.sleep(LOOKS)
    assert not tasks.full
    time.sleep(BEHIND + 2 * LOOKS)  # nothing else has its turn
    assert tasks.full, "whoever asks first is told, before anything was looked at"
    await asyncio.sleep(0)
    assert tasks.full
    await asyncio.sleep(2 * LOOKS)
    assert not tasks.full


async def test_what_has_waited_since_it_came_in_is_too_much_for_itself_alone(tasks: Tasks) -> None:
    found = list[bool]()

    async def comes(seconds: float) -> None:
        tasks.arrives()
        await asyncio.sleep(seconds)
        found.append(tasks.full)

    await asyncio.gather(comes(BEHIND + LOOKS), comes(0.0))
    assert found == [False, True]
    assert tasks.waited < BEHIND, "nothing came in here"


async def test_a_stop_takes_on_nothing_new_and_waits_for_whatever_comes_of_what_is_under_way(
    tasks: Tasks,
) -> None:
    done = list[int]()

    async def leads_on(left: int) -> None:
        await asyncio.sleep(0)
        done.append(left)
        if left:
            tasks.start(leads_on(left - 1), act=False)

    tasks.start(leads_on(3))
    stops = asyncio.create_task(tasks.close())
    await asyncio.sleep(0)
    assert tasks.full
    await stops
    assert done == [3, 2, 1, 0]


async def test_what_does_not_end_by_itself_is_ended_and_a_second_stop_waits_no_longer(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tasks.ENDS_WITHIN", 0.1)
    began = time.monotonic()

    async def goes_on() -> None:
        while True:
            await tasks.start(asyncio.sleep(0.01), act=False)

    for_ever = tasks.start(goes_on())
    await tasks.close()
    assert for_ever.cancelled()
    monkeypatch.setattr("bot.tasks.ENDS_WITHIN", 60.0)
    late = tasks.start(_until(asyncio.Event()))
    await tasks.close()
    assert late.cancelled()
    assert time.monotonic() - began < 30


async def test_before_and_after_its_watch_nobody_is_behind() -> None:
    tasks = Tasks(most=1)
    assert tasks.behind == 0
    watching = asyncio.create_task(tasks.watch())
    await asyncio.sleep(0)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    time.sleep(2 * LOOKS)
    assert tasks.behind == 0
