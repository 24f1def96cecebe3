"""A community is forgotten while other processes are at work for it; or by a process that is killed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import opened
from bot.domain.communities import CommunityId
from bot.domain.errors import NoCommunity
from bot.ports import Noted
from bot.settings import Where
from storage.engine import open_engine
from storage.keys import SqlKeys
from tests.fakes.acts import REPS, Acts
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import KeptLog, World
from tests.proofs.opening import rows_of

NOBODYS = {"installation", "marks", "ledger", "platform_memory", "workspaces"}


@pytest.fixture
async def where(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Where]:
    async with installation(postgres, tmp_path) as made:
        yield made


def bugs(world: World) -> list[object]:
    assert isinstance(world.log, KeptLog)
    return [facts for event, facts in world.log.lines if event is Noted.BUG]


async def left(world: World) -> set[str]:
    """Tables that still hold anything but what is nobody's."""
    return {name for name, rows in (await rows_of(world.where.database)).items() if rows} - NOBODYS


async def the_one(world: World) -> CommunityId:
    (id,) = await world.bot.communities.ids()
    return id


async def test_a_process_that_remembers_a_community_notices_that_it_is_gone(world: World) -> None:
    """Half-done forms, a press, a slot and the post: all are told so, and nothing is written."""
    acts, id = Acts(world), await the_one(world)
    receipt = await acts.file("worker")
    preview, view = await acts.preview("another"), await acts.visit("worker", receipt)
    duty = await acts.say(REPS[0], "duty")
    seals = world.bot.communities._seals
    assert id in seals._known
    await opened.forget(world.where, id, lambda *_: None)
    for who, card, button in (
        ("another", preview, "send"),
        ("worker", view, "withdraw"),
        (REPS[0], duty, "away"),
    ):
        form = (await acts.press(who, card, button)).form
        assert form is not None
        assert form.name == "community", "which one they mean is asked, for this is none any more"
    with pytest.raises(NoCommunity):
        async with world.bot.communities._open_work() as work:
            await world.bot.communities.load(work, id)
    world.clock.move(timedelta(days=9))
    await world.bot.tick()
    assert await left(world) == set()
    assert bugs(world) == []
    assert (id in seals._known, id in world.bot.communities._remembered._known) == (False, False)


async def test_what_many_do_at_that_moment_leaves_nothing_behind(world: World) -> None:
    acts, id = Acts(world), await the_one(world)
    previews = {f"worker-{n}": await acts.preview(f"worker-{n}") for n in range(6)}
    form = await acts.say("ruth-adeyemi", "poll", "new")
    asked = {"question": "Evenings?", "kind": "yes_no", "options": "", "days": "2", "comment": "no"}
    poll = await acts.fill("ruth-adeyemi", form, **asked)
    doing = [acts.press(who, preview, "send") for who, preview in previews.items()]
    doing += [acts.press("ruth-adeyemi", poll, "confirm")]
    forgetting = opened.forget(world.where, id, lambda *_: None)
    done = await asyncio.gather(*doing[:3], forgetting, *doing[3:], return_exceptions=True)
    assert [one for one in done if isinstance(one, Exception)] == []
    assert await left(world) == set()
    await world.bot.tick()
    assert await left(world) == set()


async def test_who_was_killed_in_the_middle_forgets_it_again(world: World) -> None:
    """Keys gone, rows still there: nobody opens anything, the list says so, and the rest goes."""
    acts, id = Acts(world), await the_one(world)
    await acts.file("worker")
    key_store = open_engine(world.where.key_store)
    await SqlKeys(key_store).destroy_community(id, world.clock.now())
    await key_store.dispose()
    (one,) = await opened.communities(world.where)
    assert (one.id, one.troubles) == (id, None)
    await opened.forget(world.where, id, lambda *_: None)
    assert await left(world) == set()
    assert await opened.communities(world.where) == []
