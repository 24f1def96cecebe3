"""The key of a closed poll's comments, on every database: made for the close, gone with them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.polls import PollId
from bot.ports import Noted, OpenWork
from bot.services.polls.comments import COMMENTS_KEPT
from storage.engine import open_engine
from storage.keys import SqlKeys
from storage.polls import SqlPolls
from storage.work import work_on
from tests.fakes.acts import Acts
from tests.fakes.lives import ORGANISER
from tests.fakes.postgres import installation
from tests.fakes.voting import answered, closed_early, is_taken, opened_poll
from tests.fakes.world import World, caller, folders, new_world

SAID = [f"The {word} day is hard." for word in ("first", "second", "third", "fourth", "last")]


class Killed(Exception):
    pass


@pytest.fixture(params=["sqlite", "postgresql"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "sqlite":
        async with new_world(folders(tmp_path)) as made:
            yield made
        return
    async with (
        installation(request.getfixturevalue("postgres"), tmp_path) as where,
        new_world(where) as made,
    ):
        yield made


@asynccontextmanager
async def behind(world: World) -> AsyncIterator[tuple[SqlKeys, OpenWork]]:
    """The key store and the database, as somebody beside the bot sees them."""
    key_store, database = open_engine(world.where.key_store), open_engine(world.where.database)
    try:
        yield SqlKeys(key_store), work_on(database)
    finally:
        await key_store.dispose()
        await database.dispose()


async def asked(world: World, comments: int = 5, comment: str = "yes") -> PollId:
    """A poll with ten answers, some of them with words."""
    id = await opened_poll(Acts(world), comment=comment)
    for number, words in enumerate([*SAID[:comments], *[""] * (10 - comments)]):
        assert is_taken(await answered(world, f"worker-{number}", id, "1", words))
    return PollId(id)


async def closes(world: World) -> None:
    world.clock.move(timedelta(days=3))
    await world.bot.tick()


async def key_is_there(world: World, id: PollId) -> bool:
    async with behind(world) as (keys, _):
        there = id in await keys.get([id])
        assert not (there and await keys.destroyed([id]))
        return there


async def was_destroyed(world: World, id: PollId) -> bool:
    async with behind(world) as (keys, _):
        return await keys.destroyed([id]) == {id}


async def sealed(world: World, id: PollId) -> bytes | None:
    async with behind(world) as (_, open_work), open_work() as work:
        return await work.polls.comments(id)


async def read(world: World, id: PollId) -> list[str]:
    """What an organiser reads."""
    found: list[str] = []
    for page in ("", ".1"):
        reply = await world.bot.door.begin("comments", caller(ORGANISER), id + page)
        found += [field.value for card in reply.cards for field in card.fields]
    return sorted(set(found))


@pytest.mark.parametrize("early", [False, True], ids=["due", "early"])
async def test_comments_are_read_under_a_key_that_is_made_at_the_close(
    world: World, early: bool
) -> None:
    id = await asked(world)
    assert not await key_is_there(world, id)
    await (closed_early(world, id) if early else closes(world))
    assert await key_is_there(world, id)
    assert await read(world, id) == sorted(SAID)


async def test_without_that_key_nobody_reads_them(world: World) -> None:
    id = await asked(world)
    await closes(world)
    async with behind(world) as (keys, _):
        await keys.destroy([id], world.clock.now())
    assert await sealed(world, id)
    assert await read(world, id) == []


async def test_where_no_comments_are_kept_the_key_goes_with_the_close(world: World) -> None:
    id = await asked(world, comments=4)
    await closes(world)
    assert await sealed(world, id) is None
    assert await was_destroyed(world, id)


async def test_a_poll_without_comments_has_no_such_key_and_leaves_no_tombstone(
    world: World,
) -> None:
    id = await asked(world, comments=0, comment="no")
    await closes(world)
    assert not await key_is_there(world, id)
    assert not await was_destroyed(world, id)


async def test_it_is_no_stray_while_the_comments_are_kept_and_goes_with_them(
    world: World,
) -> None:
    id = await asked(world)
    await closes(world)
    await world.live(days=COMMENTS_KEPT.days - 2)
    assert await read(world, id) == sorted(SAID)
    await world.live(days=4)
    await world.live(hours=2)
    assert await was_destroyed(world, id)
    assert await sealed(world, id) is None
    assert await read(world, id) == []


async def test_a_close_that_fails_for_days_keeps_its_comments_when_it_comes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key was made, and there is no row yet at two looks."""
    id = await asked(world)
    with monkeypatch.context() as broken:
        broken.setattr(SqlPolls, "close", killed)
        await closes(world)
        await world.live(days=8)
        assert await key_is_there(world, id)
    await world.bot.tick()
    assert await read(world, id) == sorted(SAID)


async def test_killed_between_close_and_destruction_the_spare_key_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await asked(world, comments=0)
    with monkeypatch.context() as broken:
        broken.setattr(SqlKeys, "destroy", killed)
        await closes(world)
        assert await key_is_there(world, id)
        async with behind(world) as (keys, _):
            await keys.settle([id])  # not even the look at strays saw to it
    world.clock.move(timedelta(hours=2))
    await world.bot.tick()
    assert await was_destroyed(world, id)
    async with behind(world) as (keys, _):
        assert await keys.polls() == {}


async def test_killed_between_key_and_row_the_next_round_clears_the_row(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await asked(world)
    await closes(world)
    world.clock.move(COMMENTS_KEPT)
    with monkeypatch.context() as broken:
        broken.setattr(SqlPolls, "forget_comments", killed)
        await world.bot.tick()
    assert await was_destroyed(world, id)
    assert await sealed(world, id)
    world.clock.move(timedelta(hours=2))
    await world.bot.tick()
    assert await sealed(world, id) is None


async def test_a_poll_whose_key_for_comments_went_closes_without_them_and_says_so_in_the_log(
    world: World,
) -> None:
    id = await asked(world)
    async with behind(world) as (keys, _):
        await keys.destroy([id], world.clock.now())
    await closes(world)
    async with behind(world) as (_, open_work), open_work() as work:
        poll = await work.polls.get(id)
    assert poll is not None
    assert poll.result is not None
    assert await read(world, id) == []
    assert (Noted.WARNED, {"kind": "key", "place": "comments"}) in world.log.lines


async def killed(*_: object) -> None:
    raise Killed
