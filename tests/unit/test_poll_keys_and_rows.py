"""What is left when a process dies between a poll's key and its row, or when the keys are lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.ports import Keys
from storage.keys import SqlKeys
from tests.contract.conftest import opened as engine_on
from tests.fakes.acts import Acts, button
from tests.fakes.world import World
from tests.journeys.asking import first_line, many, opened, planned, posted, previewed, results
from tests.journeys.reading import ORGANISER, WORKER, text


@pytest.fixture
def acts(world: World) -> Acts:
    return Acts(world)


@asynccontextmanager
async def key_store(world: World) -> AsyncIterator[Keys]:
    async with engine_on(world.where.key_store) as engine:
        yield SqlKeys(engine)


async def kept(world: World) -> set[str]:
    """The polls whose keys are kept."""
    async with key_store(world) as keys:
        return set(await keys.polls())


async def lost(world: World, *ids: str) -> None:
    async with key_store(world) as keys:
        await keys.destroy_polls(ids)


def asked(acts: Acts) -> str:
    return button(posted(acts.world)[0], "answer").subject


def warned(acts: Acts) -> list[str]:
    lines = acts.world.log.lines
    return [str(facts["place"]) for event, facts in lines if event.value == "warned"]


async def test_a_poll_whose_key_was_lost_closes_uncounted_and_warns(acts: Acts) -> None:
    await opened(acts)
    await many(acts, ["yes"] * 4 + ["no"] * 4)
    await lost(acts.world, asked(acts))
    await acts.world.live(days=8)
    assert first_line(results(acts)[-1]) == ["could not be counted: what opens the answers is gone"]
    assert warned(acts) == ["polls"]


async def test_one_whose_key_was_lost_takes_no_answer_from_who_comes_after_a_restart(
    acts: Acts,
) -> None:
    await opened(acts)
    await lost(acts.world, asked(acts))
    reply = await acts.say(WORKER, "pulse")
    assert text(reply)[0] == "Not done"


async def test_a_closed_polls_key_is_gone_with_its_close(acts: Acts) -> None:
    await opened(acts)
    (id,) = await kept(acts.world)
    await acts.world.live(days=7, hours=1)
    assert await kept(acts.world) == set()
    await planned(acts)
    assert id not in await kept(acts.world)


async def test_the_key_of_a_poll_that_closed_goes_within_the_hour_if_a_process_died(
    acts: Acts,
) -> None:
    await opened(acts)
    id = asked(acts)
    await acts.confirm(ORGANISER, await acts.say(ORGANISER, "poll", "close"), "close_poll")
    async with engine_on(acts.world.where.key_store) as engine:
        keys = SqlKeys(engine)
        vault = acts.world.bot.communities._vault
        await keys.make_poll(id, vault.wrap(id, vault.new_key(), "poll_keys"))
    acts.world.clock.move(timedelta(hours=1))
    await acts.world.bot.tick()
    assert id not in await kept(acts.world)


async def test_a_key_without_a_poll_goes_when_two_looks_a_slot_apart_found_none(
    acts: Acts,
) -> None:
    id = "a" * 32
    async with key_store(acts.world) as keys:
        vault = acts.world.bot.communities._vault
        await keys.make_poll(id, vault.wrap(id, vault.new_key(), "poll_keys"))
    await acts.world.bot.tick()
    await acts.world.bot.tick()  # a second look at once tells nothing
    assert await kept(acts.world) == {id}
    acts.world.clock.move(timedelta(hours=1))
    await acts.world.bot.tick()
    assert await kept(acts.world) == {id}
    acts.world.clock.move(timedelta(days=8))
    await acts.world.bot.tick()
    assert await kept(acts.world) == set()


async def test_a_preview_has_no_key_and_no_row(acts: Acts) -> None:
    await previewed(acts)
    assert await kept(acts.world) == set()


async def test_an_open_polls_key_stays_however_often_it_is_looked_at(acts: Acts) -> None:
    await opened(acts, days="30")
    before = await kept(acts.world)
    await acts.world.live(days=20)
    assert await kept(acts.world) == before != set()


async def test_a_wave_that_was_not_opened_leaves_no_key(acts: Acts) -> None:
    await planned(acts)
    await acts.world.live(days=4)
    acts.world.clock.move(timedelta(days=9))  # wave 2 opened and closed meanwhile
    await acts.world.bot.tick()
    assert await kept(acts.world) == set()
