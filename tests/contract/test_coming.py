"""What the clock brings next, of every kind in one question, over every database."""

from datetime import datetime

import pytest

from bot.heartbeat import Agenda
from bot.ports import OpenWork, What
from tests.contract.rows import HERE, NEXT_SLOT, SECOND, SLOT
from tests.contract.test_communities import community
from tests.fakes.world import HandClock


async def test_nothing_is_to_come_where_there_is_nothing(open_work: OpenWork) -> None:
    async with open_work() as work:
        assert await work.coming() == {}


async def two_kinds(open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.communities.add(community(), [], [], [])
        await work.communities.set_next_slot(HERE, SLOT)
        await work.communities.set_next_watch(HERE, NEXT_SLOT)


async def test_each_kind_has_a_moment_of_its_own(open_work: OpenWork) -> None:
    await two_kinds(open_work)
    async with open_work() as work:
        assert await work.coming() == {What.SLOT: SLOT, What.DUTY: NEXT_SLOT}


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (SLOT - SECOND, set()),
        (SLOT, {What.SLOT}),
        (NEXT_SLOT - SECOND, {What.SLOT}),
        (NEXT_SLOT, {What.SLOT, What.DUTY}),
    ],
)
async def test_on_the_agenda_is_what_has_come(
    open_work: OpenWork, now: datetime, due: set[What]
) -> None:
    """And stays on it until somebody has seen to it, however long ago it came."""
    await two_kinds(open_work)
    assert await Agenda(open_work, HandClock(now)).due() == due
