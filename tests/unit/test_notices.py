"""What is to be said goes to the right accounts, at the right time, and nowhere an employer reads."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from adapters.sandbox import people
from bot.commands.notices import NOTICES
from bot.domain.communities import Account, Community, Hours, RoomKind, Space, Staff, Trust
from bot.ports import BadSeal, Notice, OpenWork, Parcel
from bot.services.notices import Notices, account_mark, may_be_told
from storage.engine import open_engine
from storage.outbox import _from_row
from storage.tables import outbox
from storage.work import work_on
from tests.fakes.world import CountedChance, HandClock, World
from tests.unit.harbour import DAY, HOUR, INES, community

NIGHT = datetime(2026, 6, 1, 23, tzinfo=UTC)
MORNING = datetime(2026, 6, 2, 7, tzinfo=UTC)
WORKSHOP = Space("w" * 32, "slack", "T1", "Work", Trust.EMPLOYER_OWNED, {RoomKind.STAFF: "C1"})
UNION = Space("u" * 32, "slack", "T2", "Union", Trust.NEUTRAL, {RoomKind.STAFF: "C2"})
HOME, AT_WORK = Account("matrix", "@ines:home"), Account("slack", "U1", "T1")
AT_UNION = Account("slack", "U2", "T2")
SLEEPS = Hours("UTC", time(22), time(7))


class Desk:
    """Notices on the world's outbox, for people and places made by hand."""

    def __init__(self, world: World, open_work: OpenWork) -> None:
        self.world, self.open_work = world, open_work
        self.clock = HandClock(NIGHT)
        known = world.bot.communities
        self.notices = Notices(known._seals, known._vault, CountedChance("desk"), self.clock)
        self.harbour: Community = community(spaces=(WORKSHOP, UNION))

    async def mark(self, account: Account) -> bytes:
        """By what a parcel to this account is found again."""
        seals = self.world.bot.communities._seals
        return account_mark(await seals.of(self.harbour.id), account)

    async def tell(self, person: Staff, *, urgent: bool = False, **facts: str) -> list[Parcel]:
        async with self.open_work() as work:
            notice = Notice.CASE_WAITS
            await self.notices.to_person(work, self.harbour, person, notice, facts, urgent=urgent)
        return await self.kept()

    async def post(self, space: Space, room: RoomKind) -> list[Parcel]:
        facts = {"slot": NIGHT.isoformat()}
        async with self.open_work() as work:
            await self.notices.to_room(work, self.harbour, space, room, Notice.STAFF, facts)
        return await self.kept()

    async def kept(self) -> list[Parcel]:
        engine = open_engine(self.world.where.database)
        async with engine.begin() as run:
            rows = (await run.execute(select(outbox).order_by(outbox.c.destination))).mappings()
            found = [_from_row(row) for row in rows]
        await engine.dispose()
        return found


@pytest.fixture
async def desk(world: World) -> AsyncIterator[Desk]:
    engine = open_engine(world.where.database)
    yield Desk(world, work_on(engine))
    await engine.dispose()


def ines(*accounts: Account, hours: Hours = Hours()) -> Staff:  # noqa: B008 frozen
    return replace(INES, accounts=accounts, hours=hours)


async def test_each_account_of_a_person_gets_a_parcel_of_its_own(desk: Desk) -> None:
    person = ines(HOME, AT_UNION)
    found = await desk.tell(person, by="2026-06-02T09:00:00+00:00")
    assert {one.platform for one in found} == {"matrix", "slack"}
    assert {one.account for one in found} == {await desk.mark(a) for a in (HOME, AT_UNION)}
    assert {one.staff for one in found} == {person.id}
    assert {one.facts["by"] for one in found} == {"2026-06-02T09:00:00+00:00"}
    assert len({one.id for one in found}) == 2


async def test_nobody_is_told_at_an_account_that_an_employer_reads(desk: Desk) -> None:
    (found,) = await desk.tell(ines(AT_WORK, AT_UNION))
    assert found.account == await desk.mark(AT_UNION)
    assert desk.harbour.told_at(ines(AT_WORK, HOME)) == (HOME,)


async def test_who_can_be_told_nowhere_leaves_no_row_that_could_be_counted(desk: Desk) -> None:
    """Else the count would move with a case that is hidden from whoever sees it."""
    assert await desk.tell(ines(AT_WORK)) == []
    assert await desk.tell(ines(), urgent=True) == []


async def test_quiet_hours_are_kept_and_days_off_too(desk: Desk) -> None:
    (at_night,) = await desk.tell(ines(HOME, hours=SLEEPS))
    assert at_night.not_before == MORNING
    away = replace(ines(AT_UNION, hours=SLEEPS), days_off=((NIGHT, MORNING + 2 * DAY - HOUR),))
    found = {one.account: one.not_before for one in await desk.tell(away)}
    assert found[await desk.mark(AT_UNION)] == MORNING + 2 * DAY


async def test_what_is_urgent_is_told_in_quiet_hours_too(desk: Desk) -> None:
    (found,) = await desk.tell(ines(HOME, hours=SLEEPS), urgent=True)
    assert found.not_before == NIGHT


async def test_what_is_urgent_leaves_no_moment_finer_than_the_hour(desk: Desk) -> None:
    """Its row is written in the transaction in which its reporter sent it."""
    desk.clock.at = NIGHT + timedelta(minutes=47, seconds=11)
    (found,) = await desk.tell(ines(HOME), urgent=True)
    assert found.not_before == NIGHT


async def test_of_which_cases_it_is_lies_sealed_and_bound_to_the_parcel(desk: Desk) -> None:
    about = {"1" * 32, "2" * 32}
    async with desk.open_work() as work:
        to = (work, desk.harbour, ines(HOME), Notice.CASE_WAITS, {})
        await desk.notices.to_person(*to, cases=about)
    (found,) = await desk.kept()
    assert found.sealed is not None
    assert b"1" * 32 not in found.sealed
    assert await desk.notices.cases_of(found) == about
    with pytest.raises(BadSeal):
        await desk.notices.cases_of(replace(found, id="3" * 32))


async def test_what_is_about_no_case_carries_none(desk: Desk) -> None:
    (found,) = await desk.tell(ines(HOME))
    assert (found.sealed, await desk.notices.cases_of(found)) == (None, frozenset())


async def test_a_room_is_told_a_minute_after_its_slot_however_long_that_took(desk: Desk) -> None:
    desk.clock.at = NIGHT + timedelta(seconds=42)
    (found,) = await desk.post(UNION, RoomKind.STAFF)
    assert found.not_before == NIGHT + timedelta(minutes=1)


async def test_the_sandboxs_rooms_are_told_at_the_slot_itself(desk: Desk) -> None:
    known, chance = desk.world.bot.communities, CountedChance("sandbox")
    desk.notices = Notices(known._seals, known._vault, chance, desk.clock, timedelta(0))
    desk.clock.at = NIGHT + timedelta(seconds=42)
    (found,) = await desk.post(UNION, RoomKind.STAFF)
    assert found.not_before == NIGHT


async def test_a_room_is_told_where_there_is_one(desk: Desk) -> None:
    assert await desk.post(UNION, RoomKind.BULLETIN) == []
    (found,) = await desk.post(UNION, RoomKind.STAFF)
    assert (found.space, found.room) == (UNION.id, RoomKind.STAFF)


async def test_a_staff_room_that_an_employer_reads_is_told_nothing(desk: Desk) -> None:
    assert await desk.post(WORKSHOP, RoomKind.STAFF) == []
    both = {RoomKind.BULLETIN: "C3", RoomKind.STAFF: "C1"}
    assert may_be_told(replace(WORKSHOP, rooms=both), RoomKind.BULLETIN)


async def test_the_mark_of_an_account_is_the_one_it_is_kept_under(desk: Desk) -> None:
    """Else nobody would be found again when a parcel is delivered."""
    (id,) = await desk.world.bot.communities.ids()
    async with desk.open_work() as work:
        kept = await work.communities.get(id)
    assert kept is not None
    seal = await desk.world.bot.communities._seals.of(id)
    known = account_mark(seal, Account(people.PLATFORM, "ines-moreau"))
    assert known in {row.mark for row in kept[3]}


async def test_ids_say_neither_order_nor_moment(desk: Desk) -> None:
    found = await desk.tell(ines(HOME))
    desk.clock.move(timedelta(days=9))
    found = await desk.tell(ines(HOME))
    assert {one.id[12] for one in found} == {"4"}, "random, as version 4 has them"
    assert len({one.id for one in found}) == 2


def test_everything_that_may_be_said_unasked_has_its_words() -> None:
    assert set(NOTICES) == set(Notice)
