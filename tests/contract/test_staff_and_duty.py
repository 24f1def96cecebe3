"""What every database promises about staff, their grants, the rota and its watch; and that two
processes who watch, take or accept at once do it once."""

import asyncio
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.sandbox import people
from adapters.vault import FileVault, make_key_files, read_key_files
from bot.domain.communities import (
    Account,
    Change,
    Community,
    FirstPulse,
    Grant,
    Lies,
    Role,
    Rota,
    StaffId,
)
from bot.domain.errors import OfferGone, RoleHeld
from bot.ports import Fate, OpenWork, StaffRow, What
from bot.services.communities import Communities
from bot.services.communities.duty import Duty
from bot.services.communities.roles import Roles
from bot.services.communities.watch import Watch
from bot.services.notices import Notices
from bot.services.polls.opening import Opening
from bot.services.privacy.audit import Audit
from bot.services.privacy.drafts import Drafts
from bot.services.privacy.marks import Marks
from bot.services.privacy.seals import Seals
from storage.keys import SqlKeys
from tests.contract.rows import ELSEWHERE, HERE, NEXT_SLOT, SECOND, SLOT, new_id
from tests.contract.test_communities import account, community, person
from tests.fakes.world import CountedChance, HandClock, caller

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)


def change(of: StaffRow, **changes: object) -> Change:
    facts = {"id": new_id(), "staff": of.id, "lies": Lies.AWAY, "begins": SLOT, "ends": NEXT_SLOT}
    return Change(**(facts | changes))


async def founded(open_work: OpenWork, *staff: StaffRow) -> None:
    async with open_work() as work:
        await work.communities.add(community(), [], staff, [account(one) for one in staff])


async def found(open_work: OpenWork) -> tuple[Community, list[StaffRow], int]:
    async with open_work() as work:
        read = await work.communities.get(HERE)
        revision = await work.communities.revision(HERE)
    assert read is not None
    assert revision is not None
    return read[0], read[2], revision


# The shelf --------------------------------------------------------------------------------------


async def test_a_member_of_staff_is_kept_and_replaced_with_all_grants(open_work: OpenWork) -> None:
    one = person()
    await founded(open_work)
    for kept in (one, replace(one, grants=(Grant(Role.REP, SLOT, NEXT_SLOT),), named=False)):
        before = (await found(open_work))[2]
        async with open_work() as work:
            await work.communities.keep_staff(HERE, kept)
        _, staff, revision = await found(open_work)
        assert staff == [kept]
        assert revision > before


async def test_an_account_that_is_theirs_already_is_kept_once(open_work: OpenWork) -> None:
    one = person()
    mine = account(one)
    await founded(open_work, one)
    for _ in range(2):
        async with open_work() as work:
            await work.communities.keep_account(HERE, mine)
    async with open_work() as work:
        read = await work.communities.get(HERE)
    assert read is not None
    assert len(read[3]) == 2
    assert mine in read[3]


async def test_what_is_kept_of_an_account_is_replaced(open_work: OpenWork) -> None:
    """It is another hand's now: what was sealed of the one before is gone."""
    one = person()
    mine = account(one)
    await founded(open_work, one)
    async with open_work() as work:
        await work.communities.keep_account(HERE, mine)
    _, _, before = await found(open_work)
    again = replace(mine, sealed=b"sealed anew")
    async with open_work() as work:
        await work.communities.keep_account(HERE, again)
        read = await work.communities.get(HERE)
    assert read is not None
    assert again in read[3]
    assert mine not in read[3]
    assert (await found(open_work))[2] > before


async def test_all_accounts_of_one_person_but_one_are_dropped(open_work: OpenWork) -> None:
    one, other = person(), person()
    mine, theirs = [account(one) for _ in range(3)], account(other)
    async with open_work() as work:
        await work.communities.add(community(), [], [one, other], [*mine, theirs])
    before = (await found(open_work))[2]
    async with open_work() as work:
        await work.communities.drop_accounts(ELSEWHERE, one.id, mine[0].mark)
        await work.communities.drop_accounts(HERE, one.id, mine[0].mark)
        read = await work.communities.get(HERE)
    assert read is not None
    assert {row.mark for row in read[3]} == {mine[0].mark, theirs.mark}
    assert (await found(open_work))[2] > before


async def test_one_account_is_dropped_of_the_community_that_has_it(open_work: OpenWork) -> None:
    one = person()
    mine = [account(one) for _ in range(2)]
    async with open_work() as work:
        await work.communities.add(community(), [], [one], mine)
    before = (await found(open_work))[2]
    async with open_work() as work:
        await work.communities.drop_account(ELSEWHERE, mine[0].mark)
        await work.communities.drop_account(HERE, mine[1].mark)
        read = await work.communities.get(HERE)
    assert read is not None
    assert [row.mark for row in read[3]] == [mine[0].mark]
    assert (await found(open_work))[2] > before


async def test_changes_of_duty_are_kept_and_dropped(open_work: OpenWork) -> None:
    one = person()
    kinds = [change(one, lies=lies) for lies in Lies]
    await founded(open_work, one)
    before = (await found(open_work))[2]
    async with open_work() as work:
        for each in kinds:
            await work.communities.keep_change(HERE, each)
    known, _, revision = await found(open_work)
    assert sorted(known.changes, key=lambda c: c.id) == sorted(kinds, key=lambda c: c.id)
    assert revision > before
    async with open_work() as work:
        await work.communities.drop_changes(HERE, [kinds[0].id, kinds[2].id, "unknown"])
        await work.communities.drop_changes(ELSEWHERE, [kinds[1].id])
    known, _, later = await found(open_work)
    assert {one.id for one in known.changes} == {kinds[1].id, kinds[3].id}
    assert later > revision


async def test_a_change_of_somebody_who_is_not_there_is_not_kept(open_work: OpenWork) -> None:
    await founded(open_work)
    with pytest.raises(IntegrityError):
        async with open_work() as work:
            await work.communities.keep_change(HERE, change(person()))


async def test_whoever_is_forgotten_leaves_nothing_and_nobody_else_goes(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    gone, stays = person(), person()
    await founded(open_work, gone, stays)
    async with open_work() as work:
        for one in (gone, stays):
            await work.communities.keep_change(HERE, change(one))
        await work.communities.forget_staff(ELSEWHERE, gone.id)  # not theirs: nothing happens
    assert len((await found(open_work))[1]) == 2
    async with open_work() as work:
        await work.communities.forget_staff(HERE, gone.id)
    known, staff, _ = await found(open_work)
    assert staff == [stays]
    assert [one.staff for one in known.changes] == [stays.id]
    async with database.connect() as connection:
        for table in ("staff", "grants", "accounts", "duty_changes"):
            query = text(f"SELECT count(*) FROM {table}")
            kept = await connection.scalar(query)
            assert kept == (2 if table == "grants" else 1), table


async def test_a_rota_is_replaced_and_nothing_else_of_the_settings(open_work: OpenWork) -> None:
    await founded(open_work)
    before, _, revision = await found(open_work)
    rota = Rota((StaffId("e" * 32),), 3, time(18, 45), "Asia/Kathmandu")
    async with open_work() as work:
        await work.communities.keep_rota(HERE, rota)
    after, _, later = await found(open_work)
    assert after == replace(before, rota=rota)
    assert later > revision


async def test_a_watch_is_due_from_its_own_second_on(open_work: OpenWork) -> None:
    async with open_work() as work:
        for id in (HERE, ELSEWHERE):
            await work.communities.add(community(id), [], [], [])
        assert (await work.coming()).get(What.DUTY) is None
        assert await work.communities.next_watch_of(HERE) is None
        await work.communities.set_next_watch(HERE, NEXT_SLOT)
        await work.communities.set_next_watch(ELSEWHERE, SLOT)
    async with open_work() as work:
        assert await work.communities.watched(SLOT - SECOND) == []
        assert await work.communities.watched(SLOT) == [ELSEWHERE]
        assert await work.communities.watched(NEXT_SLOT) == [ELSEWHERE, HERE]
        assert (await work.coming()).get(What.DUTY) == SLOT
        assert await work.communities.next_watch_of(HERE) == NEXT_SLOT
        await work.communities.set_next_watch(ELSEWHERE, None)
        assert (await work.coming()).get(What.DUTY) == NEXT_SLOT
        assert await work.communities.watched(NEXT_SLOT) == [HERE]


async def test_waiting_for_another_watch_is_no_change_of_a_community(open_work: OpenWork) -> None:
    await founded(open_work)
    before = (await found(open_work))[2]
    async with open_work() as work:
        await work.communities.set_next_watch(HERE, SLOT)
    assert (await found(open_work))[2] == before


# Two processes ----------------------------------------------------------------------------------


class Process:
    """One process's services on the databases that both share."""

    def __init__(
        self, open_work: OpenWork, keys: SqlKeys, where: Path, clock: HandClock, seed: str
    ) -> None:
        chance = CountedChance(seed)
        vault = FileVault(read_key_files(where), chance)
        seals = Seals(keys, vault)
        audit = Audit(open_work, seals, vault, chance)
        notices = Notices(seals, vault, chance, clock)
        self.communities = Communities(open_work, keys, seals, vault, audit, clock)
        drafts = Drafts(keys, vault, clock, chance)
        marks = Marks(open_work, keys, vault, clock)
        self.opening = Opening(
            open_work,
            self.communities,
            drafts,
            keys,
            vault,
            marks,
            notices,
            audit,
            clock,
            chance,
        )
        self.watch = Watch(open_work, self.communities, notices, self.opening.begin, clock)
        self.roles = Roles(open_work, self.communities, drafts, notices, clock, chance)
        self.duty = Duty(open_work, self.communities, marks, notices, clock, chance)

    async def look(self) -> None:
        for id in await self.watch.waiting():
            await self.watch.due(id)


class Two:
    """Two processes on one seeded community, whose reps have the weeks in turn."""

    def __init__(self, open_work: OpenWork, keys: SqlKeys, where: Path) -> None:
        make_key_files(where, CountedChance("files"))
        self.open_work, self.clock = open_work, HandClock()
        self.one = Process(open_work, keys, where, self.clock, "one")
        self.other = Process(open_work, keys, where, self.clock, "other")

    async def begin(self) -> None:
        chance = CountedChance("seed")
        new = people.community(lambda: chance.bytes(16).hex(), "TESTCODE", self.clock.now())
        reps = tuple(one.id for one in new.with_role(Role.REP))
        await self.one.communities.found(replace(new, rota=Rota(reps)))

    async def said(self, notice: str) -> int:
        async with self.open_work() as work:
            far = self.clock.now() + 52 * WEEK
            parcels = await work.outbox.claim([people.PLATFORM], far, HOUR, 100)
            assert (await work.outbox.counts(rooms=False))[Fate.UNREACHABLE] == 0
        return sum(one.notice == notice for one in parcels)


@pytest.fixture
async def two(open_work: OpenWork, keys: SqlKeys, tmp_path: Path) -> Two:
    made = Two(open_work, keys, tmp_path / "keys")
    await made.begin()
    return made


async def test_a_handover_is_told_once_whoever_looks(two: Two) -> None:
    for week in range(3):
        two.clock.at = SLOT + week * WEEK
        await asyncio.gather(*(one.look() for one in (two.one, two.other) * 3))
    assert await two.said("duty_begins") >= 1
    (id,) = await two.one.communities.ids()
    async with two.open_work() as work:
        claims = [
            await work.ledger.claim("handover", id, (SLOT + n * WEEK).isoformat()) for n in range(4)
        ]
    assert claims == [False, False, False, True]


async def test_one_handover_makes_one_notice(two: Two) -> None:
    two.clock.at = SLOT
    await asyncio.gather(*(one.look() for one in (two.one, two.other) * 3))
    assert await two.said("duty_begins") == 1


async def test_a_shift_is_taken_by_one_alone(two: Two) -> None:
    two.clock.at = SLOT + HOUR
    here = await two.one.communities.meet(caller("ines-moreau"))
    reps = {one.id: one for one in here.community.with_role(Role.REP)}
    (holder,) = here.community.on_duty(SLOT + WEEK)
    takers = [one for one in reps.values() if one.id != holder.id]
    account = holder.accounts[0].address
    offering = await two.one.communities.meet(caller(account))
    turn = await two.one.duty.offer(offering, (SLOT + WEEK, SLOT + 2 * WEEK))
    (offer,) = turn.community.changes
    here_of = {
        one.id: await process.communities.meet(caller(one.accounts[0].address))
        for one, process in zip(takers, (two.one, two.other), strict=True)
    }
    done = await asyncio.gather(
        two.one.duty.take(here_of[takers[0].id], offer.id),
        two.other.duty.take(here_of[takers[1].id], offer.id),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, OfferGone) for one in done) == [False, True]
    after = (await two.other.communities.meet(caller("anyone"))).community
    assert len(after.on_duty(SLOT + WEEK + HOUR)) == 1
    assert after.on_duty(SLOT + WEEK + HOUR) != (holder,)


async def test_a_role_begins_once_however_often_it_is_accepted(two: Two) -> None:
    moderator = await two.one.communities.meet(caller("oskar-brandt"))
    offer = await two.one.roles.offer(
        moderator.community, "Quentin", Role.REP, for_=Account("sandbox", "first-account")
    )
    ones = await two.one.communities.meet(caller("first-account"))
    again = await two.other.communities.meet(caller("first-account"))
    done = await asyncio.gather(
        two.one.roles.accept(ones, offer.token, named=True),
        two.other.roles.accept(again, offer.token, named=True),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, RoleHeld) for one in done) == [False, True]
    after = (await two.one.communities.meet(caller("anyone"))).community
    (new,) = [one for one in after.staff if one.name == "Quentin"]
    assert len(new.accounts) == 1


async def test_a_first_pulse_begins_once_whoever_looks(two: Two) -> None:
    before = (await two.one.communities.meet(caller("anyone"))).community
    first = FirstPulse(("stay",), "weekly", 3, comment=False)
    async with two.open_work() as work:
        await work.communities.keep_settings(replace(before, first_pulse=first))
        await two.one.communities.watch_again(work, before.id)
    await asyncio.gather(*(one.look() for one in (two.one, two.other) * 3))
    after = (await two.other.communities.meet(caller("anyone"))).community
    assert after == before, "it waits no more, and nothing else is otherwise"
    async with two.open_work() as work:
        ((pulse, due),) = await work.polls.pulses(before.id)
        assert (pulse.bank, due) == (("stay",), pulse.first)
        assert before.id not in await work.communities.watched(two.clock.now())
