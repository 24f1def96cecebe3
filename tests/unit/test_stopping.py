"""The program stops in order, and whatever fails on the way keeps nothing else from stopping."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.scheduler import Ticker
from bot.domain.errors import CannotSave
from bot.ports import Work
from bot.running import stopping
from tests.fakes.world import World


async def test_while_a_platform_hangs_the_clock_ticks_on(world: World) -> None:
    beaten, hangs = asyncio.Event(), asyncio.Event()

    async def beat() -> None:
        if hangs.is_set():
            beaten.set()

    async def deliver() -> None:
        hangs.set()
        await world_goes_on.wait()

    world_goes_on = asyncio.Event()
    beats, rounds = Ticker(beat, 0.05), Ticker(deliver, 0.05)
    async with stopping(beats, world.bot.postman, rounds):
        beats.start()
        rounds.start()
        async with asyncio.timeout(20):
            await beaten.wait()
        world_goes_on.set()


async def test_both_stop_even_where_nothing_can_be_given_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def away() -> AsyncIterator[Work]:
        raise CannotSave
        yield

    asked: list[str] = []

    async def beat() -> None:
        asked.append("beat")

    async def deliver() -> None:
        asked.append("deliver")

    monkeypatch.setattr(world.bot.postman, "_open_work", away)
    beats, rounds = Ticker(beat, 0.05), Ticker(deliver, 0.05)
    async with stopping(beats, world.bot.postman, rounds):
        beats.start()
        rounds.start()
        async with asyncio.timeout(20):
            while set(asked) != {"beat", "deliver"}:
                await asyncio.sleep(0.01)
    asked.clear()
    await asyncio.sleep(0.2)
    assert asked == []
