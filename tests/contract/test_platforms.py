"""What every database promises about what a platform must remember between two runs."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.ports import OpenWork, WorkspaceRow

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


# Where a platform let us in ---------------------------------------------------------------------

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def workspace(
    place: str = "T1", token: bytes = b"a", renew: datetime | None = None
) -> WorkspaceRow:
    return WorkspaceRow(place, b"key of " + token, b"sealed " + token, renew)


async def let_in(open_work: OpenWork, *rows: WorkspaceRow, platform: str = "slack") -> None:
    async with open_work() as work:
        for row in rows:
            await work.platforms.let_in(platform, row)


async def all_of(open_work: OpenWork, platform: str = "slack") -> list[WorkspaceRow]:
    async with open_work() as work:
        found = await work.platforms.workspaces(platform)
    return sorted(found, key=lambda one: one.place)


async def due(open_work: OpenWork, now: datetime, minutes: int = 1) -> list[str]:
    """All that one process gets, one after the other."""
    got = []
    while True:
        async with open_work() as work:
            one = await work.platforms.to_renew("slack", now, now + timedelta(minutes=minutes))
        if one is None:
            return sorted(got)
        got.append(one.place)


async def test_what_a_place_gave_us_is_found_until_it_puts_us_out(open_work: OpenWork) -> None:
    one, two = workspace("T1", b"a", NOON), workspace("E2", b"b")
    await let_in(open_work, one, two)
    assert await all_of(open_work) == [two, one]
    async with open_work() as work:
        assert await work.platforms.workspace("slack", "T1") == one
        assert await work.platforms.workspace("slack", "T9") is None
        assert not await work.platforms.put_out("slack", "T1", b"what it gave us before")
        assert await work.platforms.put_out("slack", "T1", one.sealed)
        assert await work.platforms.put_out("slack", "E2", two.sealed)
        assert not await work.platforms.put_out("slack", "T9", one.sealed)
    assert await all_of(open_work) == []


async def test_what_it_gives_us_anew_takes_the_place_of_the_old(open_work: OpenWork) -> None:
    await let_in(open_work, workspace(token=b"old", renew=NOON), workspace(token=b"new"))
    assert await all_of(open_work) == [workspace(token=b"new")]


async def test_each_platform_has_its_own_places(open_work: OpenWork) -> None:
    await let_in(open_work, workspace(token=b"a"))
    await let_in(open_work, workspace(token=b"b"), platform="discord")
    assert await all_of(open_work) == [workspace(token=b"a")]
    assert await all_of(open_work, "discord") == [workspace(token=b"b")]


async def test_a_token_is_one_process_s_to_renew_until_its_time_is_over(
    open_work: OpenWork,
) -> None:
    later = NOON + timedelta(hours=1)
    await let_in(open_work, workspace("T1", renew=NOON), workspace("T2", renew=later))
    await let_in(open_work, workspace("T3"))
    assert await due(open_work, NOON - timedelta(seconds=1)) == []
    assert await due(open_work, NOON) == ["T1"]
    assert await due(open_work, NOON + timedelta(seconds=59)) == []
    assert await due(open_work, NOON + timedelta(seconds=60)) == ["T1"], "it never came back"


async def test_of_many_processes_one_gets_each_token_to_renew(open_work: OpenWork) -> None:
    await let_in(open_work, *(workspace(f"T{n}", renew=NOON) for n in range(5)))
    got = await asyncio.gather(*(due(open_work, NOON) for _ in range(6)))
    assert sorted(place for one in got for place in one) == [f"T{n}" for n in range(5)]


async def test_a_new_token_is_kept_only_where_we_are_still_let_in_as_before(
    open_work: OpenWork,
) -> None:
    before, new = workspace("T1"), workspace("T1", b"new", NOON)
    await let_in(open_work, before)
    async with open_work() as work:
        assert await work.platforms.renewed("slack", before, new)
        assert not await work.platforms.renewed("slack", before, workspace("T1", b"newer", NOON))
        assert not await work.platforms.renewed("slack", before, workspace("T2", b"new", NOON))
    assert await all_of(open_work) == [new]
