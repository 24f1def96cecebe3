"""What every database promises about what a platform must remember between two runs."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.ports import OpenWork

TOKEN = "s72594_4483_1934"


async def remembered(open_work: OpenWork, platform: str = "matrix", name: str = "since") -> object:
    async with open_work() as work:
        return await work.platforms.remembered(platform, name)


async def remember(
    open_work: OpenWork, value: str, platform: str = "matrix", name: str = "since"
) -> None:
    async with open_work() as work:
        await work.platforms.remember(platform, name, value)


async def test_before_anything_was_remembered_there_is_nothing(open_work: OpenWork) -> None:
    assert await remembered(open_work) is None


async def test_what_was_remembered_last_is_what_is_remembered(open_work: OpenWork) -> None:
    for value in (TOKEN, "s72595_4484_1934", ""):
        await remember(open_work, value)
        assert await remembered(open_work) == value


async def test_each_platform_and_each_thing_has_a_place_of_its_own(open_work: OpenWork) -> None:
    places = [(p, n) for p in ("matrix", "matrix/two") for n in ("since", "commands")]
    for platform, name in places:
        await remember(open_work, f"{platform} {name}", platform, name)
    for platform, name in places:
        assert await remembered(open_work, platform, name) == f"{platform} {name}"


async def test_it_is_remembered_with_its_effect_or_not_at_all(open_work: OpenWork) -> None:
    """Else a message that was not handled would count as read."""
    await remember(open_work, TOKEN)
    with pytest.raises(RuntimeError):
        async with open_work() as work:
            await work.platforms.remember("matrix", "since", "later")
            assert await work.platforms.remembered("matrix", "since") == "later"
            raise RuntimeError
    assert await remembered(open_work) == TOKEN


async def test_many_may_remember_at_once(open_work: OpenWork) -> None:
    values = [f"s{n}" for n in range(8)]
    await asyncio.gather(*(remember(open_work, value) for value in values))
    assert await remembered(open_work) in values


@pytest.mark.parametrize("value", ["x" * 20_000, "'; DROP TABLE cases; --", "ü 漢 🌊\n", "\\"])
async def test_any_text_can_be_remembered(open_work: OpenWork, value: str) -> None:
    await remember(open_work, value)
    assert await remembered(open_work) == value


async def test_one_thing_is_one_row_however_often_it_changes(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    """A row a time would count what people wrote."""
    for n in range(5):
        await remember(open_work, f"s{n}")
    async with database.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM platform_memory"))).all()
    assert [tuple(row) for row in rows] == [("matrix", "since", "s4")]
