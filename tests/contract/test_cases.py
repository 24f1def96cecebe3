"""What every database promises about released cases and their entries."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.ports import CaseRow, Dates, OpenWork, What, Work
from tests.contract.conftest import waits
from tests.contract.rows import (
    ELSEWHERE,
    HERE,
    NEXT_SLOT,
    SECOND,
    SLOT,
    case,
    entry,
    new_id,
    new_lookup,
    said,
)


async def added(open_work: OpenWork, *rows: CaseRow) -> None:
    async with open_work() as work:
        for row in rows:
            await work.cases.add(row)


async def test_a_case_comes_back_unchanged_by_each_of_its_names(open_work: OpenWork) -> None:
    row = case(sealed=bytes(range(256)) * 40, due=None, live=False)
    await added(open_work, row, case())
    async with open_work() as work:
        assert await work.cases.with_key(row.key) == row
        assert await work.cases.found(row.community, [new_lookup(), row.lookup]) == row
        assert await work.cases.numbered(HERE, row.number) == row


async def test_a_case_that_never_was_is_not_there(open_work: OpenWork) -> None:
    await added(open_work, case())
    async with open_work() as work:
        assert await work.cases.with_key(new_id()) is None
        assert await work.cases.found(HERE, [new_lookup()]) is None
        assert await work.cases.found(HERE, []) is None
        assert await work.cases.numbered(HERE, "NUMBER") is None


async def test_a_case_is_found_only_in_its_own_community(open_work: OpenWork) -> None:
    row = case(community=ELSEWHERE)
    await added(open_work, row)
    async with open_work() as work:
        assert await work.cases.found(HERE, [row.lookup]) is None
        assert await work.cases.found(ELSEWHERE, [row.lookup]) == row
        assert await work.cases.numbered(HERE, row.number) is None
        assert await work.cases.numbered(ELSEWHERE, row.number) == row


async def test_the_same_case_again_changes_nothing(open_work: OpenWork) -> None:
    row = case()
    await added(open_work, row, case(lookup=row.lookup, sealed=b"other words"))
    async with open_work() as work:
        assert await work.cases.live(HERE) == [row]


@pytest.mark.parametrize("community", [HERE, ELSEWHERE])
async def test_a_case_whose_number_is_taken_is_never_lost_in_silence(
    open_work: OpenWork, community: str
) -> None:
    row = case()
    await added(open_work, row)
    with pytest.raises(IntegrityError):
        await added(open_work, case(number=row.number, community=community))


async def test_a_number_is_taken_in_every_community(open_work: OpenWork) -> None:
    row = case(community=ELSEWHERE)
    await added(open_work, row)
    async with open_work() as work:
        assert await work.cases.is_taken(row.number)
        assert not await work.cases.is_taken("NUMBER")


BY_NAME: dict[str, Callable[[Work, CaseRow], Awaitable[CaseRow | None]]] = {
    "number": lambda work, row: work.cases.numbered(HERE, row.number),
    "key": lambda work, row: work.cases.with_key(row.key),
}


@pytest.mark.parametrize("name", BY_NAME)
async def test_who_opens_a_case_to_change_it_holds_it_until_the_end(
    open_work: OpenWork, name: str
) -> None:
    row, opened_by = case(), BY_NAME[name]
    await added(open_work, row)

    async def second() -> bool:
        async with open_work() as work:
            found = await opened_by(work, row)
        return found is not None and found.live

    async with open_work() as work:
        await opened_by(work, row)
        after = asyncio.create_task(second())
        assert await waits(after)
        await work.cases.set_dates(row.id, Dates(None, None, row.gone, live=False))
    assert await after is False


async def test_the_list_holds_live_cases_of_its_own_community(open_work: OpenWork) -> None:
    live, over, theirs = case(), case(live=False), case(community=ELSEWHERE)
    await added(open_work, live, over, theirs)
    async with open_work() as work:
        assert await work.cases.live(HERE) == [live]
        assert await work.cases.live(ELSEWHERE) == [theirs]


async def test_new_dates_are_kept_of_that_case_alone(open_work: OpenWork) -> None:
    row, other = case(), case()
    await added(open_work, row, other)
    look, gone = SLOT + timedelta(days=3), SLOT + timedelta(days=60)
    new = Dates(due=None, look=look, gone=gone, live=False)
    async with open_work() as work:
        await work.cases.set_dates(row.id, new)
    async with open_work() as work:
        assert await work.cases.with_key(row.key) == replace(row, **asdict(new))
        assert await work.cases.with_key(other.key) == other


async def test_entries_belong_to_their_cases(open_work: OpenWork) -> None:
    one, two, three = case(), case(), case()
    mine = [entry(one.id, sealed=bytes(range(256))), entry(one.id), entry(two.id)]
    await added(open_work, one, two, three)
    async with open_work() as work:
        for row in [*mine, entry(three.id)]:
            await work.cases.add_entry(row)
    async with open_work() as work:
        found = await work.cases.entries([one.id, two.id])
        assert sorted(found, key=lambda e: e.id) == sorted(mine, key=lambda e: e.id)
        assert await work.cases.entries([]) == []


async def test_an_entry_whose_id_is_taken_is_never_lost_in_silence(open_work: OpenWork) -> None:
    row = case()
    first = entry(row.id)
    await added(open_work, row)
    async with open_work() as work:
        await work.cases.add_entry(first)
    with pytest.raises(IntegrityError):
        async with open_work() as work:
            await work.cases.add_entry(replace(first, sealed=b"other words"))
    async with open_work() as work:
        assert await work.cases.entries([row.id]) == [first]


async def test_an_entry_needs_its_case(open_work: OpenWork) -> None:
    with pytest.raises(IntegrityError):
        async with open_work() as work:
            await work.cases.add_entry(entry(new_id()))


async def test_a_case_is_over_from_its_own_slot_on(open_work: OpenWork) -> None:
    row, later = case(gone=SLOT), case(gone=NEXT_SLOT)
    theirs = case(gone=SLOT, community=ELSEWHERE)
    await added(open_work, later, row, theirs)
    async with open_work() as work:
        assert await work.cases.expired(HERE, SLOT - SECOND) == []
        assert await work.cases.expired(HERE, SLOT) == [row]
        assert await work.cases.expired(ELSEWHERE, SLOT) == [theirs]
        assert len(await work.cases.expired(HERE, NEXT_SLOT)) == 2


async def test_the_next_deadline_is_the_first_that_lies_ahead(open_work: OpenWork) -> None:
    dues = (NEXT_SLOT, SLOT, SLOT + SECOND, None)
    await added(open_work, *(case(due=due) for due in dues))
    async with open_work() as work:
        assert await work.cases.next_due(SLOT - SECOND) == SLOT
        assert await work.cases.next_due(SLOT) == SLOT + SECOND
        assert await work.cases.next_due(SLOT + SECOND) == NEXT_SLOT
        assert await work.cases.next_due(NEXT_SLOT) is None


async def test_the_clock_looks_only_where_its_moment_has_come(open_work: OpenWork) -> None:
    soon, later, never = case(look=SLOT), case(look=NEXT_SLOT), case(look=None)
    theirs = case(look=SLOT + SECOND, community=ELSEWHERE)
    await added(open_work, later, never, soon, theirs)
    async with open_work() as work:
        assert await work.cases.looked_for(SLOT - SECOND) == []
        assert await work.cases.looked_for(SLOT) == [HERE]
        assert await work.cases.looked_for(NEXT_SLOT) == [HERE, ELSEWHERE]
        assert await work.cases.to_look_at(HERE, SLOT - SECOND, 9) == []
        assert await work.cases.to_look_at(HERE, SLOT, 9) == [soon]
        assert await work.cases.to_look_at(HERE, NEXT_SLOT, 9) == [soon, later]
        assert await work.cases.to_look_at(HERE, NEXT_SLOT, 1) == [soon]
        assert await work.cases.to_look_at(ELSEWHERE, NEXT_SLOT, 9) == [theirs]
        assert (await work.coming()).get(What.LOOK) == SLOT


async def test_where_no_case_waits_for_the_clock_it_looks_nowhere(open_work: OpenWork) -> None:
    await added(open_work, case(look=None))
    async with open_work() as work:
        assert (await work.coming()).get(What.LOOK) is None
        assert await work.cases.looked_for(NEXT_SLOT) == []


async def test_two_who_look_do_not_look_at_the_same_case_at_once(open_work: OpenWork) -> None:
    row = case(look=SLOT)
    await added(open_work, row)

    async def second() -> list[CaseRow]:
        async with open_work() as work:
            return await work.cases.to_look_at(HERE, SLOT, 9)

    async with open_work() as work:
        assert await work.cases.to_look_at(HERE, SLOT, 9) == [row]
        after = asyncio.create_task(second())
        assert await waits(after)
        await work.cases.set_dates(row.id, replace(row.dates, look=NEXT_SLOT))
    assert await after == []


async def test_removing_takes_the_case_and_its_entries_alone(open_work: OpenWork) -> None:
    row, other = case(), case()
    stays, also_stays = entry(other.id), said(row.key)
    await added(open_work, row, other)
    async with open_work() as work:
        for one in (entry(row.id), entry(row.id), stays):
            await work.cases.add_entry(one)
        await work.grievances.wait(also_stays)
    async with open_work() as work:
        await work.cases.remove(row.id)
        await work.cases.remove(new_id())
    async with open_work() as work:
        assert await work.cases.with_key(row.key) is None
        assert await work.cases.with_key(other.key) == other
        assert await work.cases.entries([row.id, other.id]) == [stays]
        assert await work.grievances.due(HERE, SLOT) == [also_stays]
