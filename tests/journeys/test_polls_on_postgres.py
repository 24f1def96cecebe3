"""Two processes on one database: polls open, count and close once, whoever of them does it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sandbox import people
from bot.wiring import groundswell
from tests.fakes.acts import Acts
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import US, World, new_world
from tests.journeys.asking import (
    ROOMS,
    answers,
    first_line,
    in_three_places,
    opened,
    planned,
    previewed,
    results,
)
from tests.journeys.reading import ORGANISER, errors, text
from tests.journeys.test_pulses import waves


@pytest.fixture
async def two(postgres: Postgres, tmp_path: Path) -> AsyncIterator[tuple[Acts, Acts]]:
    """The same people before two processes of one community in three places."""
    async with (
        installation(postgres, tmp_path) as where,
        new_world(where, change=in_three_places) as world,
    ):
        posts = {people.PLATFORM: world.post}
        parts = (world.where, US, posts, world.clock, world.chance, world.log)
        async with groundswell(*parts, room_delay=timedelta(0), charts=world.charts) as second:
            here, clock, chance = world, world.clock, world.chance
            there = World(second, here.where, clock, chance, here.log, here.post, here.charts)
            yield Acts(here), Acts(there)
    assert [facts for event, facts in world.log.lines if event.value == "bug"] == []


async def tick_all(two: tuple[Acts, Acts]) -> None:
    """Both at the same moment, each twice."""
    await asyncio.gather(*(one.world.bot.tick() for one in (*two, *two)))


async def test_it_closes_once_while_both_tick_and_its_results_are_told_once(
    two: tuple[Acts, Acts],
) -> None:
    here, there = two
    await opened(here)
    for number, word in enumerate(["yes"] * 4 + ["no"] * 3):
        await answers(two[number % 2], f"worker-{number}", q1=word)
    await answers(there, "worker-0", q1="no")  # a change of mind before the other process
    here.world.clock.move(timedelta(days=7, hours=1))
    await tick_all(two)
    for room in ROOMS:
        (card,) = results(here, room)
        assert first_line(card) == ["Yes: 25-50 %", "No: 50-75 %"]


async def test_a_wave_is_opened_once_while_both_tick(two: tuple[Acts, Acts]) -> None:
    await planned(two[0], start="2026-06-02 12:00")
    two[0].world.clock.move(timedelta(days=2))
    await tick_all(two)
    assert [waves(two[0].world, room) for room in ROOMS] == [["1"]] * 3


async def test_a_poll_opened_before_both_at_once_is_one(two: tuple[Acts, Acts]) -> None:
    preview = await previewed(two[0])
    await asyncio.gather(*(one.press(ORGANISER, preview, "confirm") for one in (*two, *two)))
    listed = await two[1].say(ORGANISER, "poll", "list")
    assert len(listed.cards[0].buttons) == 1


async def test_one_that_is_closed_early_before_both_at_once_is_closed_once(
    two: tuple[Acts, Acts],
) -> None:
    reply = await opened(two[0])
    for number in range(8):
        await answers(two[number % 2], f"worker-{number}", q1="yes" if number % 2 else "no")
    sure = await two[0].press(ORGANISER, reply, "close_poll")
    said = await asyncio.gather(*(one.press(ORGANISER, sure, "confirm") for one in two))
    assert sorted(text(one)[0] for one in said) == ["Not done", "The poll is closed"]
    await tick_all(two)
    assert [len(results(two[0], room)) for room in ROOMS] == [1, 1, 1]


async def test_an_answer_before_one_process_is_refused_once_the_other_has_closed(
    two: tuple[Acts, Acts],
) -> None:
    here, there = two
    reply = await opened(here)
    form = await there.say("worker-0", "pulse")
    await there.fill("worker-0", form, q1="yes")  # it knows the poll now, and its key
    await here.confirm(ORGANISER, reply, "close_poll")
    late = await there.fill("worker-0", form, q1="yes")
    assert errors(late)["q1"].startswith("This poll is closed")
