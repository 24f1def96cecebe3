"""Calm slots: many at once, none that has anything to do, over every database."""

import asyncio
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from bot.domain.communities import CommunityId, RoomKind, Slots, Space, Trust
from bot.ports import Dates, OpenWork, SpaceRow
from tests.contract.conftest import Backend, waits
from tests.contract.rows import ELSEWHERE, HERE, NEXT_SLOT, SECOND, SLOT, case, new_lookup, waiting
from tests.contract.test_communities import community

FAR = SLOT + timedelta(days=365)


def place(of: CommunityId, number: int = 1) -> SpaceRow:
    rooms = {RoomKind.STAFF: f"C{number}"}
    space = Space(f"{number}{of[1:]}", "slack", f"T{number}", "Harbour", Trust.NEUTRAL, rooms)
    return SpaceRow(space, of, new_lookup())


@pytest.fixture(autouse=True)
async def two(open_work: OpenWork) -> None:
    """Two communities that wait for the same slot."""
    async with open_work() as work:
        for id in (HERE, ELSEWHERE):
            await work.communities.add(community(id), [place(id), place(id, 2)], [], [])
            await work.communities.set_next_slot(id, SLOT)


async def held(open_work: OpenWork, now: datetime = SLOT, most: int = 10) -> list[CommunityId]:
    async with open_work() as work:
        return [one.community for one in (await work.calm.held(now, most))[0]]


async def test_a_calm_slot_that_has_come_is_held_with_what_it_needs(open_work: OpenWork) -> None:
    async with open_work() as work:
        found = {one.community: one for one in (await work.calm.held(SLOT, 10))[0]}
    assert set(found) == {HERE, ELSEWHERE}
    here = found[HERE]
    assert here.slot == SLOT
    assert here.slots == Slots("Europe/Berlin", (1, 4), time(17, 30))


async def spoken_in(open_work: OpenWork, id: CommunityId) -> tuple[Space, ...]:
    """The spaces to be told of its slot, which passes."""
    async with open_work() as work:
        assert id in {one.community for one in (await work.calm.held(SLOT, 10))[0]}
        return (await work.calm.passed("slot", [(id, SLOT, NEXT_SLOT)]))[id]


async def test_who_has_the_run_is_told_the_rooms(open_work: OpenWork) -> None:
    places = await spoken_in(open_work, HERE)
    assert {one.address for one in places} == {"T1", "T2"}
    assert all(one.rooms and one.trust is Trust.NEUTRAL for one in places)


async def test_no_slot_is_held_before_it_has_come(open_work: OpenWork) -> None:
    assert await held(open_work, SLOT - SECOND) == []


@pytest.mark.parametrize(("most", "count", "more"), [(1, 1, True), (2, 2, True), (3, 2, False)])
async def test_at_most_so_many_are_held_and_it_is_told_whether_there_may_be_more(
    open_work: OpenWork, most: int, count: int, more: bool
) -> None:
    async with open_work() as work:
        found, others = await work.calm.held(SLOT, most)
    assert (len(found), others) == (count, more)


async def test_a_community_without_spaces_is_calm_too(open_work: OpenWork) -> None:
    lonely = CommunityId("e" * 32)
    async with open_work() as work:
        await work.communities.add(community(lonely), [], [], [])
        await work.communities.set_next_slot(lonely, SLOT)
    assert await spoken_in(open_work, lonely) == ()


async def test_a_space_without_rooms_is_not_told_anything(open_work: OpenWork) -> None:
    silent = CommunityId("e" * 32)
    mute = replace(place(silent, 3).space, rooms={})
    async with open_work() as work:
        rows = [SpaceRow(mute, silent, new_lookup()), place(silent, 4)]
        await work.communities.add(community(silent), rows, [], [])
        await work.communities.set_next_slot(silent, SLOT)
    assert [one.address for one in await spoken_in(open_work, silent)] == ["T4"]


async def test_what_crosses_at_the_slot_makes_it_busy(open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.grievances.wait(waiting(slot=SLOT))
    assert await held(open_work) == [ELSEWHERE]


async def test_what_waits_for_a_later_slot_does_not(open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.grievances.wait(waiting(slot=NEXT_SLOT))
    assert len(await held(open_work)) == 2


@pytest.mark.parametrize(
    ("look", "gone", "busy"),
    [
        (SLOT - SECOND, FAR, True),
        (SLOT, FAR, False),
        (None, FAR, False),
        (None, SLOT, True),
        (None, SLOT + SECOND, False),
    ],
)
async def test_what_climbed_before_or_is_shredded_then_makes_it_busy(
    open_work: OpenWork, look: datetime | None, gone: datetime, busy: bool
) -> None:
    row = case()
    async with open_work() as work:
        await work.cases.add(row)
        await work.cases.set_dates(row.id, Dates(None, look, gone, live=True))
    assert (HERE not in await held(open_work)) == busy


async def test_a_run_is_claimed_once_for_each(open_work: OpenWork) -> None:
    slots = [(HERE, SLOT, NEXT_SLOT), (ELSEWHERE, SLOT, NEXT_SLOT)]
    async with open_work() as work:
        assert await work.ledger.claim("slot", HERE, SLOT.isoformat())
    async with open_work() as work:
        assert set(await work.calm.passed("slot", slots)) == {ELSEWHERE}
    async with open_work() as work:
        assert await work.calm.passed("slot", slots) == {}
        assert set(await work.calm.passed("other", slots)) == {HERE, ELSEWHERE}
        assert not await work.ledger.claim("slot", ELSEWHERE, SLOT.isoformat())


async def test_each_waits_for_its_own_next_slot_whosever_the_run_was(open_work: OpenWork) -> None:
    async with open_work() as work:
        assert await work.ledger.claim("slot", HERE, SLOT.isoformat())
        await work.calm.passed("slot", [(HERE, SLOT, NEXT_SLOT), (ELSEWHERE, SLOT, FAR)])
    async with open_work() as work:
        assert await work.communities.next_slot_of(HERE) == NEXT_SLOT
        assert await work.communities.next_slot_of(ELSEWHERE) == FAR
    assert await held(open_work) == []


async def test_a_community_somebody_is_at_work_on_is_left_out(
    open_work: OpenWork, backend: Backend
) -> None:
    """A reporter's act that is under way goes first: its words may belong to this very slot."""
    if backend.name == "sqlite":
        pytest.skip("SQLite has one writer: nobody else is at work")
    async with open_work() as reporter:
        await reporter.communities.hold(HERE)
        assert await held(open_work) == [ELSEWHERE]
    assert len(await held(open_work)) == 2


async def test_what_was_sent_before_its_community_was_held_is_no_calm_slot(
    open_work: OpenWork, backend: Backend
) -> None:
    """It was not there yet when calm ones were looked for."""
    if backend.name == "sqlite":
        pytest.skip("SQLite has one writer: nothing comes in between")
    async with open_work() as work:
        held = {one.community for one in (await work.calm.held(SLOT, 10))[0]}
        async with open_work() as reporter:  # without the lock, as if just before it
            await reporter.grievances.wait(waiting(slot=SLOT))
        passed = await work.calm.passed("slot", [(id, SLOT, NEXT_SLOT) for id in held])
    assert set(passed) == {ELSEWHERE}
    async with open_work() as work:
        assert await work.communities.next_slot_of(HERE) == SLOT
        assert await work.communities.next_slot_of(ELSEWHERE) == NEXT_SLOT
        assert await work.ledger.claim("slot", HERE, SLOT.isoformat())


async def test_a_reporter_waits_until_the_calm_slot_is_over(
    open_work: OpenWork, backend: Backend
) -> None:
    if backend.name == "sqlite":
        pytest.skip("SQLite has one writer: everybody waits")

    async def act() -> None:
        async with open_work() as work:
            await work.communities.hold(HERE)

    async with open_work() as slot:
        assert len((await slot.calm.held(SLOT, 10))[0]) == 2
        acting = asyncio.create_task(act())
        assert await waits(acting)
    assert not await waits(acting, expected=False)


async def test_two_processes_never_hold_the_same(open_work: OpenWork, backend: Backend) -> None:
    if backend.name == "sqlite":
        pytest.skip("SQLite has one writer")
    async with open_work() as one:
        first = {each.community for each in (await one.calm.held(SLOT, 1))[0]}
        async with open_work() as other:
            second = {each.community for each in (await other.calm.held(SLOT, 10))[0]}
    assert len(first) == 1
    assert first | second == {HERE, ELSEWHERE}
    assert not first & second


async def test_a_calendar_that_follows_another_is_read_with_the_slots_between(
    open_work: OpenWork,
) -> None:
    changed = Slots("Europe/Berlin", (3,), time(8)).since(community().slots, SLOT + SECOND)
    async with open_work() as work:
        await work.communities.keep_settings(community(HERE, slots=changed))
    async with open_work() as work:
        found = {one.community: one.slots for one in (await work.calm.held(SLOT, 10))[0]}
        kept = await work.communities.get(HERE)
    assert found[HERE] == changed
    assert found[ELSEWHERE] == community().slots
    assert kept is not None
    assert kept[0].slots == changed
    assert changed.bridge is not None
