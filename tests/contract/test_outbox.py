"""What every database promises about what is to be said later."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.domain.communities import RoomKind
from bot.ports import OpenWork, Parcel
from tests.contract.conftest import Backend, waits
from tests.contract.rows import ELSEWHERE, SECOND, SLOT, new_id, parcel

NOW, LEASE = SLOT, timedelta(minutes=2)


async def put(open_work: OpenWork, *parcels: Parcel) -> None:
    async with open_work() as work:
        for one in parcels:
            await work.outbox.put(one)


async def claim(open_work: OpenWork, at: timedelta = timedelta(0), most: int = 50) -> list[Parcel]:
    async with open_work() as work:
        return await work.outbox.claim(NOW + at, LEASE, most)


def by_id(parcels: list[Parcel]) -> list[Parcel]:
    return sorted(parcels, key=lambda one: one.id)


async def test_a_parcel_comes_out_as_it_went_in(open_work: OpenWork) -> None:
    to_person = parcel()
    to_room = parcel(
        community=ELSEWHERE,
        notice="bulletin",
        facts={},
        staff=None,
        space=new_id(),
        room=RoomKind.BULLETIN,
        tries=3,
    )
    await put(open_work, to_person, to_room)
    assert by_id(await claim(open_work)) == by_id([to_person, to_room])


async def test_what_is_leased_goes_to_nobody_else_until_the_lease_is_over(
    open_work: OpenWork,
) -> None:
    one = parcel()
    await put(open_work, one)
    assert await claim(open_work) == [one]
    assert await claim(open_work) == []
    assert await claim(open_work, LEASE - SECOND) == []
    assert await claim(open_work, LEASE) == [one]
    assert await claim(open_work, LEASE) == []


async def test_a_claim_takes_no_more_than_it_asked_for(open_work: OpenWork) -> None:
    parcels = [parcel() for _ in range(5)]
    await put(open_work, *parcels)
    first, second, third = [await claim(open_work, most=2) for _ in range(3)]
    assert [len(first), len(second), len(third)] == [2, 2, 1]
    assert by_id(first + second + third) == by_id(parcels)


async def test_what_was_delivered_never_comes_again(open_work: OpenWork) -> None:
    said, other = parcel(), parcel()
    await put(open_work, said, other)
    await claim(open_work)
    async with open_work() as work:
        await work.outbox.delivered(said.id)
    assert await claim(open_work, 2 * LEASE) == [other]


async def test_what_failed_comes_again_at_its_time_and_counts_its_tries(
    open_work: OpenWork,
) -> None:
    one = parcel()
    await put(open_work, one)
    await claim(open_work)
    wait = timedelta(hours=1)
    async with open_work() as work:
        await work.outbox.failed(one.id, NOW + wait)
    assert await claim(open_work, wait - SECOND) == []
    assert await claim(open_work, wait) == [replace(one, tries=1)]


async def test_what_is_parked_is_not_tried_again_and_still_there(open_work: OpenWork) -> None:
    one = parcel()
    await put(open_work, one)
    async with open_work() as work:
        await work.outbox.failed(one.id, None)
    assert await claim(open_work, timedelta(days=3650)) == []
    async with open_work() as work:
        await work.outbox.failed(one.id, NOW)
    assert await claim(open_work) == [replace(one, tries=2)]


async def test_a_claim_that_did_not_end_well_leases_nothing(open_work: OpenWork) -> None:
    one = parcel()
    await put(open_work, one)
    try:
        async with open_work() as work:
            assert await work.outbox.claim(NOW, LEASE, 50) == [one]
            raise RuntimeError
    except RuntimeError:
        pass
    assert await claim(open_work) == [one]


async def test_two_who_claim_at_once_never_share_a_parcel(open_work: OpenWork) -> None:
    parcels = [parcel() for _ in range(120)]
    await put(open_work, *parcels)

    async def claimer() -> list[Parcel]:
        mine: list[Parcel] = []
        while some := await claim(open_work, most=7):
            mine += some
        return mine

    found = await asyncio.gather(claimer(), claimer(), claimer())
    assert by_id([one for mine in found for one in mine]) == by_id(parcels)


async def test_a_claim_skips_what_another_holds_and_does_not_wait(
    open_work: OpenWork, backend: Backend
) -> None:
    """On SQLite there is one writer at a time: the second waits, and then finds nothing."""
    parcels = [parcel() for _ in range(4)]
    await put(open_work, *parcels)
    async with open_work() as work:
        held = await work.outbox.claim(NOW, LEASE, 3)
        second = asyncio.create_task(claim(open_work))
        one_writer = backend.name == "sqlite"
        assert await waits(second, one_writer) is one_writer
    assert by_id(held + await second) == by_id(parcels)
