"""What every database promises about what is to be said later."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.communities import RoomKind
from bot.ports import Fate, OpenWork, Parcel
from storage.tables import outbox
from storage.work import SqlWork
from tests.contract.conftest import Backend, waits
from tests.contract.rows import ELSEWHERE, HERE, SECOND, SLOT, new_id, new_lookup, parcel

NOW, LEASE = SLOT, timedelta(minutes=2)
HOUR = timedelta(hours=1)
US = ("sandbox",)


async def put(open_work: OpenWork, *parcels: Parcel) -> None:
    async with open_work() as work:
        for one in parcels:
            await work.outbox.put(one)


async def claim(
    open_work: OpenWork,
    at: timedelta = timedelta(0),
    most: int = 50,
    platforms: tuple[str, ...] = US,
) -> list[Parcel]:
    async with open_work() as work:
        return await work.outbox.claim(platforms, NOW + at, LEASE, most)


async def done(open_work: OpenWork, *parcels: Parcel) -> None:
    async with open_work() as work:
        for one in parcels:
            await work.outbox.delivered(one.id)


async def failed(open_work: OpenWork, one: Parcel, after: timedelta) -> None:
    async with open_work() as work:
        await work.outbox.failed(one.id, NOW + after)


async def given_up(open_work: OpenWork, one: Parcel, fate: Fate = Fate.PARKED) -> None:
    async with open_work() as work:
        await work.outbox.given_up(one.id, fate)


async def kept(open_work: OpenWork) -> list[dict[str, Any]]:
    """All rows as they lie there."""
    async with open_work() as work:
        assert isinstance(work, SqlWork)
        return [dict(row) for row in (await work._connection.execute(select(outbox))).mappings()]


def queue(length: int) -> list[Parcel]:
    """Parcels to one destination."""
    account = new_lookup()
    return [parcel(account=account) for _ in range(length)]


def by_id(parcels: list[Parcel]) -> list[Parcel]:
    return sorted(parcels, key=lambda one: one.id)


def ids(parcels: list[Parcel]) -> list[str]:
    return [one.id for one in parcels]


async def test_a_parcel_comes_out_as_it_went_in(open_work: OpenWork) -> None:
    to_person = parcel()
    to_room = parcel(
        community=ELSEWHERE,
        notice="bulletin",
        facts={},
        staff=None,
        account=None,
        space=new_id(),
        room=RoomKind.BULLETIN,
        tries=3,
        doubted=SLOT - HOUR,
        sealed=b"which cases",
    )
    await put(open_work, to_person, to_room)
    assert by_id(await claim(open_work)) == by_id([to_person, to_room])


async def test_nothing_is_said_before_its_time(open_work: OpenWork) -> None:
    one = parcel(not_before=NOW + HOUR)
    await put(open_work, one)
    assert await claim(open_work, HOUR - SECOND) == []
    assert await claim(open_work, HOUR) == [one]


async def test_a_process_takes_only_what_its_platforms_say(open_work: OpenWork) -> None:
    ours, theirs = parcel(), parcel(platform="matrix")
    await put(open_work, ours, theirs)
    assert await claim(open_work, platforms=()) == []
    assert await claim(open_work, platforms=("slack", "matrix")) == [theirs]
    assert await claim(open_work) == [ours]


# Leases -----------------------------------------------------------------------------------------


async def test_what_is_leased_goes_to_nobody_else_until_the_lease_is_over(
    open_work: OpenWork,
) -> None:
    one = parcel()
    await put(open_work, one)
    assert await claim(open_work) == [one]
    assert await claim(open_work) == []
    assert await claim(open_work, LEASE - SECOND) == []
    assert ids(await claim(open_work, LEASE)) == [one.id]
    assert await claim(open_work, LEASE) == []


async def test_what_nobody_told_the_end_of_is_doubted_from_when_it_was_first_taken(
    open_work: OpenWork,
) -> None:
    one = parcel()
    await put(open_work, one)
    await claim(open_work)
    doubted = [replace(one, fate=Fate.LEASED, doubted=NOW)]
    assert await claim(open_work, 3 * LEASE) == doubted
    assert await claim(open_work, 9 * LEASE) == doubted


async def test_what_is_given_back_is_anybodys_at_once_and_not_doubted(open_work: OpenWork) -> None:
    one, other = parcel(), parcel()
    await put(open_work, one, other)
    await claim(open_work)
    async with open_work() as work:
        await work.outbox.released([one.id], NOW)
        await work.outbox.released([], NOW)
    assert await claim(open_work) == [one]


async def test_a_claim_takes_no_more_than_it_asked_for(open_work: OpenWork) -> None:
    parcels = [parcel() for _ in range(5)]
    await put(open_work, *parcels)
    first, second, third = [await claim(open_work, most=2) for _ in range(3)]
    assert [len(first), len(second), len(third)] == [2, 2, 1]
    assert by_id(first + second + third) == by_id(parcels)


async def test_a_claim_that_did_not_end_well_leases_nothing(open_work: OpenWork) -> None:
    one = parcel()
    await put(open_work, one)
    with pytest.raises(RuntimeError):
        async with open_work() as work:
            assert await work.outbox.claim(US, NOW, LEASE, 50) == [one]
            raise RuntimeError
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
        held = await work.outbox.claim(US, NOW, LEASE, 3)
        second = asyncio.create_task(claim(open_work))
        one_writer = backend.name == "sqlite"
        assert await waits(second, one_writer) is one_writer
    assert by_id(held + await second) == by_id(parcels)


# What comes of it -------------------------------------------------------------------------------


async def test_what_was_delivered_never_comes_again(open_work: OpenWork) -> None:
    said, other = parcel(), parcel()
    await put(open_work, said, other)
    await claim(open_work)
    await done(open_work, said)
    assert ids(await claim(open_work, 2 * LEASE)) == [other.id]


async def test_what_failed_comes_again_at_its_time_and_counts_its_tries(
    open_work: OpenWork,
) -> None:
    one = parcel()
    await put(open_work, one)
    await claim(open_work)
    await failed(open_work, one, HOUR)
    assert await claim(open_work, HOUR - SECOND) == []
    assert await claim(open_work, HOUR) == [replace(one, tries=1)]


async def test_a_doubt_once_had_is_kept_however_often_it_fails_after(open_work: OpenWork) -> None:
    one = parcel()
    await put(open_work, one)
    async with open_work() as work:
        await work.outbox.failed(one.id, NOW, doubted=NOW - HOUR)
        await work.outbox.failed(one.id, NOW)
    assert await claim(open_work) == [replace(one, tries=2, doubted=NOW - HOUR)]


@pytest.mark.parametrize("fate", [Fate.PARKED, Fate.UNREACHABLE, Fate.IN_DOUBT])
async def test_what_is_given_up_is_not_tried_again_and_still_there(
    open_work: OpenWork, fate: Fate
) -> None:
    one = parcel()
    await put(open_work, one)
    await given_up(open_work, one, fate)
    assert await claim(open_work, timedelta(days=3650)) == []
    async with open_work() as work:
        assert (await work.outbox.counts(rooms=False))[fate] == 1


async def test_only_what_was_parked_gets_another_try_and_only_from_its_platform(
    open_work: OpenWork,
) -> None:
    parked, theirs, gone, doubted = parcel(), parcel(platform="matrix"), parcel(), parcel()
    await put(open_work, parked, theirs, gone, doubted)
    fates = (Fate.PARKED, Fate.PARKED, Fate.UNREACHABLE, Fate.IN_DOUBT)
    for one, fate in zip((parked, theirs, gone, doubted), fates, strict=True):
        await given_up(open_work, one, fate)
    async with open_work() as work:
        await work.outbox.another_try(US, NOW, 9)
    found = await claim(open_work, platforms=("sandbox", "matrix"))
    assert found == [replace(parked, tries=9)]


async def test_what_was_given_up_long_ago_is_forgotten_and_nothing_else(
    open_work: OpenWork,
) -> None:
    old, young, waits_long = parcel(), parcel(not_before=NOW + HOUR), parcel()
    await put(open_work, old, young, waits_long)
    await given_up(open_work, old)
    await given_up(open_work, young)
    async with open_work() as work:
        await work.outbox.forget(NOW + HOUR)
        counts = await work.outbox.counts(rooms=False)
    assert {fate: n for fate, n in counts.items() if n} == {Fate.PARKED: 1, Fate.WAITING: 1}


# One destination after another ------------------------------------------------------------------


async def test_a_destination_hears_one_thing_after_another_in_the_order_they_were_put(
    open_work: OpenWork,
) -> None:
    parcels = queue(4)
    await put(open_work, *parcels[:2])
    await put(open_work, *parcels[2:])
    heard = []
    while found := await claim(open_work):
        heard += found
        await done(open_work, *found)
        assert len(found) == 1
    assert heard == parcels


async def test_what_is_put_at_once_for_many_is_heard_in_order_by_each(open_work: OpenWork) -> None:
    one, other = queue(4), queue(3)
    await put(open_work, one[0])
    async with open_work() as work:
        await work.outbox.put(one[1], other[0], one[2], other[1], other[2], one[3])
    turns = {row["id"]: row["sequence"] for row in await kept(open_work)}
    assert [turns[each.id] for each in one] == [1, 2, 3, 4]
    assert [turns[each.id] for each in other] == [1, 2, 3]


async def test_what_stands_behind_another_waits_while_that_is_leased_or_tried_again(
    open_work: OpenWork,
) -> None:
    first, second = queue(2)
    elsewhere = parcel()
    await put(open_work, first, second, elsewhere)
    assert by_id(await claim(open_work)) == by_id([first, elsewhere])
    assert await claim(open_work) == []
    await failed(open_work, first, HOUR)
    assert second.id not in ids(await claim(open_work, HOUR - SECOND))
    assert ids(await claim(open_work, HOUR)) == [first.id]
    await done(open_work, first)
    assert second.id in ids(await claim(open_work, HOUR))


@pytest.mark.parametrize("fate", [Fate.PARKED, Fate.UNREACHABLE, Fate.IN_DOUBT])
async def test_what_is_given_up_holds_up_nobody(open_work: OpenWork, fate: Fate) -> None:
    first, second = queue(2)
    await put(open_work, first, second)
    await given_up(open_work, first, fate)
    assert await claim(open_work) == [second]


async def test_what_waits_for_the_end_of_quiet_hours_does_not_hold_up_what_is_urgent(
    open_work: OpenWork,
) -> None:
    account = new_lookup()
    morning = parcel(account=account, not_before=NOW + HOUR)
    urgent = parcel(account=account, not_before=NOW)
    await put(open_work, morning, urgent)
    assert await claim(open_work) == [urgent]
    await failed(open_work, urgent, HOUR)
    assert ids(await claim(open_work, HOUR)) == [urgent.id]


async def test_a_room_and_a_person_are_destinations_of_their_own(open_work: OpenWork) -> None:
    space = new_id()
    rooms = [
        parcel(staff=None, account=None, space=space, room=room, notice=room.value)
        for room in (RoomKind.STAFF, RoomKind.BULLETIN)
    ]
    parcels = [*rooms, parcel(), parcel()]
    await put(open_work, *parcels)
    assert by_id(await claim(open_work)) == by_id(parcels)


async def test_however_many_claim_at_once_one_destination_hears_them_in_order(
    open_work: OpenWork,
) -> None:
    queues = [queue(5) for _ in range(6)]
    for n in range(5):
        await put(open_work, *(one[n] for one in queues))
    heard: list[Parcel] = []

    async def deliverer() -> None:
        while len(heard) < 30:
            for one in await claim(open_work, most=3):
                heard.append(one)
                await asyncio.sleep(0)
                await done(open_work, one)

    await asyncio.wait_for(asyncio.gather(*(deliverer() for _ in range(4))), 60)
    for mine in queues:
        assert [one for one in heard if one.account == mine[0].account] == mine


# To be seen -------------------------------------------------------------------------------------


async def test_the_next_moment_is_when_something_may_be_said_or_tried_again(
    open_work: OpenWork,
) -> None:
    async def next_due(at: timedelta = timedelta(0)) -> timedelta | None:
        async with open_work() as work:
            found = await work.outbox.next_due(NOW + at)
        return found - NOW if found else None

    assert await next_due() is None
    later, retried, over = parcel(not_before=NOW + 2 * HOUR), parcel(), parcel()
    await put(open_work, later, retried, over)
    await failed(open_work, retried, HOUR)
    await given_up(open_work, over)
    assert [await next_due(), await next_due(HOUR)] == [HOUR, 2 * HOUR]
    assert await next_due(2 * HOUR) is None


async def test_late_is_what_should_have_been_said_before_and_still_waits(
    open_work: OpenWork,
) -> None:
    old, tried, over, young = parcel(), parcel(), parcel(), parcel(not_before=NOW + HOUR)
    await put(open_work, old, tried, over, young)
    await failed(open_work, tried, 2 * HOUR)
    await given_up(open_work, over)

    async def late(before: timedelta) -> int:
        async with open_work() as work:
            return await work.outbox.late(NOW + before, rooms=False)

    assert [await late(timedelta(0)), await late(SECOND), await late(2 * HOUR)] == [0, 2, 3]


async def test_every_fate_is_counted(open_work: OpenWork) -> None:
    async with open_work() as work:
        assert await work.outbox.counts(rooms=False) == dict.fromkeys(Fate, 0)
    await put(open_work, parcel(), parcel(fate=Fate.UNREACHABLE), *queue(2))
    async with open_work() as work:
        counts = await work.outbox.counts(rooms=False)
    assert counts == dict.fromkeys(Fate, 0) | {Fate.WAITING: 3, Fate.UNREACHABLE: 1}


async def test_rooms_and_people_are_counted_apart(open_work: OpenWork) -> None:
    room = parcel(staff=None, account=None, space=new_id(), room=RoomKind.STAFF)
    await put(open_work, room, parcel(), parcel())
    async with open_work() as work:
        assert (await work.outbox.counts(rooms=True))[Fate.WAITING] == 1
        assert (await work.outbox.counts(rooms=False))[Fate.WAITING] == 2
        assert await work.outbox.late(NOW + SECOND, rooms=True) == 1
        assert await work.outbox.late(NOW + SECOND, rooms=False) == 2


# What is left of what was given up --------------------------------------------------------------


@pytest.mark.parametrize("fate", [Fate.UNREACHABLE, Fate.IN_DOUBT])
async def test_what_is_only_counted_tells_neither_what_it_said_nor_whom_nor_the_hour(
    open_work: OpenWork, fate: Fate
) -> None:
    at = NOW + HOUR + 7 * SECOND
    one = parcel(not_before=at, doubted=at, sealed=b"which cases")
    await put(open_work, one)
    await given_up(open_work, one, fate)
    (row,) = await kept(open_work)
    day = NOW.replace(hour=0, minute=0, second=0)
    assert (row["not_before"], row["next_try"], row["doubted"]) == (day, day, None)
    told = ("notice", "facts", "staff", "account", "destination", "sealed")
    assert [row[name] for name in told] == ["", {}, None, None, "", None]


async def test_a_room_that_is_given_up_stays_one(open_work: OpenWork) -> None:
    room = parcel(staff=None, account=None, space=new_id(), room=RoomKind.STAFF)
    await put(open_work, room)
    await given_up(open_work, room, Fate.UNREACHABLE)
    async with open_work() as work:
        assert (await work.outbox.counts(rooms=True))[Fate.UNREACHABLE] == 1


async def test_what_is_parked_keeps_what_it_needs_and_its_times_to_the_hour(
    open_work: OpenWork,
) -> None:
    one = parcel(not_before=NOW + 7 * SECOND, doubted=NOW + 9 * SECOND, sealed=b"which cases")
    await put(open_work, one)
    await failed(open_work, one, HOUR + 59 * SECOND)
    await given_up(open_work, one)
    (row,) = await kept(open_work)
    assert (row["not_before"], row["next_try"], row["doubted"]) == (NOW, NOW + HOUR, NOW)
    async with open_work() as work:
        await work.outbox.another_try(US, NOW, 9)
    parked = replace(one, tries=9, not_before=NOW, doubted=NOW)
    assert await claim(open_work) == [parked]


async def test_whose_parcels_are_in_trouble_is_told_and_how(open_work: OpenWork) -> None:
    """What waits is late from one moment on in rooms, and from another for people."""
    late, parked = parcel(not_before=NOW - HOUR), parcel(community=ELSEWHERE)
    room = parcel(staff=None, account=None, space=new_id(), room=RoomKind.STAFF)
    await put(open_work, late, parked, room)
    await given_up(open_work, parked)

    async def told(rooms: timedelta, people: timedelta) -> set[tuple[str, Fate]]:
        async with open_work() as work:
            return set(await work.outbox.troubles(NOW - rooms, NOW - people))

    of_parked = (ELSEWHERE, Fate.PARKED)
    assert await told(HOUR, HOUR) == {of_parked}
    assert await told(HOUR, HOUR - SECOND) == {of_parked, (HERE, Fate.WAITING)}
    assert await told(-SECOND, HOUR) == {of_parked, (HERE, Fate.WAITING)}
    await claim(open_work)
    assert await told(HOUR, timedelta(0)) == {of_parked, (HERE, Fate.WAITING)}


async def test_what_a_room_has_still_to_hear_of_a_change_is_known_until_it_is_said(
    open_work: OpenWork,
) -> None:
    room = {"account": None, "staff": None, "space": new_id(), "room": RoomKind.BULLETIN}
    here, notice = parcel(**room, notice="change_waits", facts={"change": "c1"}), "change_waits"
    other = parcel(**room, notice=notice, facts={"change": "c2"})
    person = parcel(notice=notice, facts={"change": "c3"})
    await put(open_work, here, other, person)

    async def unsaid(change: str, of: str = notice) -> bool:
        async with open_work() as work:
            return await work.outbox.unsaid_in_rooms(here.community, of, change)

    assert [await unsaid(one) for one in ("c1", "c2", "c3", "c4")] == [True, True, False, False]
    assert not await unsaid("c1", "change_holds")
    await claim(open_work)
    assert await unsaid("c1"), "in somebody's hands"
    await done(open_work, here)
    await given_up(open_work, other)
    assert [await unsaid("c1"), await unsaid("c2")] == [False, True], "given up is not heard"
    async with open_work() as work:
        assert not await work.outbox.unsaid_in_rooms(ELSEWHERE, notice, "c2")
