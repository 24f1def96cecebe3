"""What every database promises about what waits for its slot."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.grievances.intake import Waiting
from bot.ports import OpenWork
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
    waiting,
)
from tests.unit.harbour import community


async def kept(open_work: OpenWork, *rows: Waiting) -> None:
    """Each row in a transaction of its own, as reporters come."""
    for row in rows:
        async with open_work() as work:
            await work.grievances.wait(row)


async def all_waiting(open_work: OpenWork) -> list[Waiting]:
    async with open_work() as work:
        found = [await work.grievances.due(one, NEXT_SLOT) for one in (HERE, ELSEWHERE)]
    return sorted((row for rows in found for row in rows), key=lambda row: row.id)


def in_order(*rows: Waiting) -> list[Waiting]:
    return sorted(rows, key=lambda row: row.id)


async def test_what_waits_comes_back_unchanged(open_work: OpenWork) -> None:
    filed = waiting(sealed=bytes(range(256)) * 40)
    added = said(filed.key)
    await kept(open_work, filed, added)
    assert await all_waiting(open_work) == in_order(filed, added)


async def test_a_case_is_found_by_any_of_its_lookups_and_no_other(open_work: OpenWork) -> None:
    filed, other = waiting(), waiting()
    await kept(open_work, filed, other)
    async with open_work() as work:
        assert filed.lookup is not None
        assert await work.grievances.found(HERE, [new_lookup(), filed.lookup]) == filed
        assert await work.grievances.found(HERE, [new_lookup()]) is None
        assert await work.grievances.found(HERE, []) is None


async def test_the_same_id_again_changes_nothing(open_work: OpenWork) -> None:
    first = waiting()
    again = replace(first, sealed=b"other words", slot=NEXT_SLOT, lookup=new_lookup())
    await kept(open_work, first, again)
    assert await all_waiting(open_work) == [first]


async def test_the_same_lookup_again_changes_nothing(open_work: OpenWork) -> None:
    first = waiting()
    await kept(open_work, first, waiting(lookup=first.lookup, sealed=b"other words"))
    assert await all_waiting(open_work) == [first]


async def filed(
    open_work: OpenWork, row: Waiting, lookups: Sequence[bytes], released: Sequence[bytes]
) -> bool:
    async with open_work() as work:
        return await work.grievances.file(row, lookups, released)


async def test_a_new_case_is_filed_once_whatever_else_is_there(open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.communities.add(community(id=HERE), [], [], [])
        await work.cases.add(case())
    mine, other = waiting(), waiting()
    await kept(open_work, other)
    assert mine.lookup is not None
    for expected in (True, False):
        assert await filed(open_work, mine, [mine.lookup], [new_lookup()]) is expected
    again = replace(mine, id=new_id(), sealed=b"other words")
    assert not await filed(open_work, again, [mine.lookup], [new_lookup()])
    assert await all_waiting(open_work) == in_order(mine, other)


async def test_what_waits_under_a_lookup_of_an_older_pepper_is_not_filed_again(
    open_work: OpenWork,
) -> None:
    before, now = waiting(), waiting()
    async with open_work() as work:
        await work.communities.add(community(id=HERE), [], [], [])
    await kept(open_work, before)
    assert before.lookup is not None
    assert now.lookup is not None
    assert not await filed(open_work, now, [now.lookup, before.lookup], [])
    assert await all_waiting(open_work) == [before]


async def test_what_was_released_is_not_filed_again(open_work: OpenWork) -> None:
    released = case()
    async with open_work() as work:
        await work.communities.add(community(id=HERE), [], [], [])
        await work.cases.add(released)
    assert not await filed(open_work, waiting(), [], [new_lookup(), released.lookup])
    assert await all_waiting(open_work) == []


async def test_nothing_is_filed_where_there_is_no_such_community(open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.communities.add(community(id=ELSEWHERE), [], [], [])
    assert not await filed(open_work, waiting(), [], [])
    assert await all_waiting(open_work) == []


async def test_who_files_the_same_at_once_files_it_once(open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.communities.add(community(id=HERE), [], [], [])
    lookup = new_lookup()
    same = [waiting(lookup=lookup) for _ in range(4)]
    done = await asyncio.gather(*(filed(open_work, one, [lookup], []) for one in same))
    assert sorted(done) == [False] * 3 + [True]
    assert await all_waiting(open_work) == [same[done.index(True)]]


async def said_again(open_work: OpenWork, key: str, row: Waiting) -> None:
    """As reporters' acts do it: the community is held, so that no slot happens meanwhile, and
    what the case holds by then is looked at before anything is kept."""
    async with open_work() as work:
        await work.communities.hold(HERE)
        released = await work.cases.with_key(key)
        assert released is not None
        known = [entry.sealed for entry in await work.cases.entries([released.id])]
        if row.sealed not in known:
            await work.grievances.wait(row)


async def test_a_message_sent_again_while_its_slot_happens_is_there_once(
    open_work: OpenWork,
) -> None:
    async with open_work() as work:
        released = case()
        await work.communities.add(replace(community(), id=HERE), [], [], [])
        await work.cases.add(released)
    message = said(new_id())
    await kept(open_work, message)
    async with open_work() as slot:
        await slot.communities.hold(HERE, alone=True)
        await slot.grievances.leave([message.id])
        await slot.cases.add_entry(entry(released.id, sealed=message.sealed))
        again = asyncio.create_task(said_again(open_work, released.key, message))
        assert await waits(again)
    await again
    assert await all_waiting(open_work) == []


async def test_a_case_sent_twice_at_once_is_there_once(open_work: OpenWork) -> None:
    filed = waiting()
    await asyncio.gather(*(kept(open_work, filed) for _ in range(8)))
    assert await all_waiting(open_work) == [filed]


async def test_what_was_said_is_found_by_its_case_alone(open_work: OpenWork) -> None:
    filed, other = waiting(), waiting()
    mine = [said(filed.key), said(filed.key, slot=NEXT_SLOT)]
    await kept(open_work, filed, other, *mine, said(other.key))
    async with open_work() as work:
        assert in_order(*await work.grievances.said(filed.key)) == in_order(*mine)
        assert await work.grievances.said(new_id()) == []


async def test_what_waits_is_due_from_its_own_slot_on(open_work: OpenWork) -> None:
    old, now, later = waiting(slot=SLOT - SECOND), waiting(), waiting(slot=SLOT + SECOND)
    await kept(open_work, later, now, old)
    async with open_work() as work:
        assert in_order(*await work.grievances.due(HERE, SLOT)) == in_order(old, now)
        assert await work.grievances.due(HERE, SLOT - 2 * SECOND) == []


async def test_communities_never_see_what_waits_elsewhere(open_work: OpenWork) -> None:
    ours, theirs = waiting(), waiting(community=ELSEWHERE)
    await kept(open_work, ours, theirs)
    async with open_work() as work:
        assert await work.grievances.due(HERE, SLOT) == [ours]
        assert await work.grievances.due(ELSEWHERE, SLOT) == [theirs]


async def test_putting_off_replaces_the_one_row(open_work: OpenWork) -> None:
    filed, other = waiting(), waiting()
    await kept(open_work, filed, other)
    later = replace(filed, slot=NEXT_SLOT, sealed=b"sealed anew")
    async with open_work() as work:
        await work.grievances.put_off(later)
    async with open_work() as work:
        assert await work.grievances.due(HERE, SLOT) == [other]
    assert await all_waiting(open_work) == in_order(later, other)


async def test_putting_off_brings_nothing_back(open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.grievances.put_off(waiting())
    assert await all_waiting(open_work) == []


async def test_what_left_is_gone_and_the_rest_stays(open_work: OpenWork) -> None:
    first, second, stays = waiting(), waiting(), waiting()
    await kept(open_work, first, second, stays)
    async with open_work() as work:
        await work.grievances.leave([first.id, second.id, new_id()])
        await work.grievances.leave([])
    assert await all_waiting(open_work) == [stays]


async def test_what_waits_under_a_deleted_cases_key_is_gone_and_the_rest_stays(
    open_work: OpenWork,
) -> None:
    filed, other = waiting(), waiting()
    added, stays = said(filed.key, slot=NEXT_SLOT), said(other.key)
    await kept(open_work, filed, other, added, stays)
    async with open_work() as work:
        await work.grievances.leave_all(filed.key)
        await work.grievances.leave_all(new_id())
    assert await all_waiting(open_work) == in_order(other, stays)


async def test_a_case_that_waits_is_found_only_in_its_own_community(open_work: OpenWork) -> None:
    filed = waiting(community=ELSEWHERE)
    await kept(open_work, filed)
    async with open_work() as work:
        assert filed.lookup is not None
        assert await work.grievances.found(HERE, [filed.lookup]) is None
        assert await work.grievances.found(ELSEWHERE, [filed.lookup]) == filed
