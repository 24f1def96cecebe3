"""Who waits for the story, who watches it, and what becomes of one that fails or is cut short."""

import asyncio

import pytest

from adapters.sandbox.telling import Telling, meanwhile
from bot.ports import Noted
from bot.starting import CannotStart
from tests.fakes.world import KeptLog

NAME = "Somebody Somewhere"


def nobody(reason: CannotStart) -> None:
    raise AssertionError(reason)


async def test_where_nothing_is_told_nobody_waits() -> None:
    telling = Telling()
    assert telling.is_over
    await telling.over()


async def test_it_is_watched_week_by_week_and_waited_for_until_its_end() -> None:
    heard: list[tuple[int, int]] = []
    telling = Telling(2, lambda *how: heard.append(how))
    waiting = asyncio.create_task(telling.over())
    for week in (1, 2):
        telling.week(week)
        await asyncio.sleep(0)
        assert not waiting.done()
    telling.end()
    await waiting
    assert heard == [(1, 2), (2, 2)]


async def test_a_story_that_fails_ends_the_program_with_a_sentence_and_logs_no_words() -> None:
    async def fails() -> None:
        raise LookupError(NAME)

    reasons, log = list[CannotStart](), KeptLog()
    async with meanwhile(fails(), reasons.append, log):
        while not reasons:
            await asyncio.sleep(0)
    (reason,) = reasons
    assert "--empty" in str(reason)
    assert log.lines == [(Noted.BUG, {"kind": "LookupError", "place": "story"})]
    assert NAME not in f"{reason} {log.lines}"


async def test_a_story_that_is_not_over_ends_with_the_program() -> None:
    ended: list[str] = []

    async def goes_on() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("put down in order")

    async with meanwhile(goes_on(), nobody, KeptLog()):
        await asyncio.sleep(0)
    assert ended == ["put down in order"]


async def test_what_goes_wrong_beside_it_is_not_hidden() -> None:
    async def told() -> None:
        """Over at once."""

    with pytest.raises(ZeroDivisionError):
        async with meanwhile(told(), nobody, KeptLog()):
            raise ZeroDivisionError
