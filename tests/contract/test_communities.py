"""What every database promises about communities, their spaces and their staff."""

import asyncio
from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.communities import (
    Community,
    CommunityId,
    FirstPulse,
    Grant,
    Policy,
    Retention,
    Role,
    RoomKind,
    Rota,
    Slots,
    Space,
    StaffId,
    Step,
    Target,
    Trust,
    Words,
)
from bot.domain.errors import NoCommunity, SpaceTaken
from bot.ports import AccountRow, OpenWork, PendingRow, SpaceRow, StaffRow, What
from tests.contract.conftest import Backend, waits
from tests.contract.rows import ELSEWHERE, HERE, NEXT_SLOT, SECOND, SLOT, new_id, new_lookup

SECOND_YEAR = SLOT + timedelta(days=365)
STEPS = (
    Step(Target.NAMED_REPS, timedelta(hours=48), timedelta(hours=12), (StaffId("c" * 32),)),
    Step(Target.OUTSIDE, repeat=timedelta(days=3)),
)


def community(id: CommunityId = HERE, **changes: object) -> Community:
    """A community none of whose settings is a default."""
    facts = {
        "name": "Hafen & Söhne <Betriebsrat>",
        "code": id[:8],
        "language": "de",
        "slots": Slots("Europe/Berlin", (1, 4), time(17, 30)),
        "categories": ("on_call", "pay"),
        "policy": Policy(STEPS, "Law Centre, room 4"),
        "rota": Rota((StaffId("c" * 32), StaffId("d" * 32)), 2, time(7, 15), "Europe/Oslo"),
        "members": 77,
        "words": Words(rep="Vertrauensfrau", worker="Kollegin"),
        "retention": Retention(45, 30, SLOT),
        "first_pulse": FirstPulse(("stay", "recommend"), "weekly", 3, comment=True),
    }
    return Community(id=id, **(facts | changes))


def space(of: CommunityId = HERE, **changes: object) -> SpaceRow:
    facts = {
        "id": new_id(),
        "platform": "slack",
        "address": "T0001",
        "name": "Harbour",
        "trust": Trust.EMPLOYER_OWNED,
        "rooms": {RoomKind.STAFF: "C1", RoomKind.BULLETIN: "C2"},
    }
    return SpaceRow(Space(**(facts | changes)), of, new_lookup())


def person(**changes: object) -> StaffRow:
    facts = {
        "id": new_id(),
        "named": True,
        "sealed_name": b"\x00n",
        "sealed_hours": b"\x00h",
        "grants": (Grant(Role.MODERATOR, SLOT, NEXT_SLOT), Grant(Role.REP, SLOT, SECOND_YEAR)),
    }
    return StaffRow(**(facts | changes))


def account(of: StaffRow) -> AccountRow:
    return AccountRow(new_lookup(), of.id, b"\x00sealed\xff")


async def founded(open_work: OpenWork, *ids: CommunityId) -> None:
    async with open_work() as work:
        for id in ids:
            await work.communities.add(community(id), [], [], [])


async def test_what_is_founded_comes_back_unchanged(open_work: OpenWork) -> None:
    rep, moderator = person(), person(grants=(), named=False, sealed_hours=None)
    accounts = [account(rep), account(rep), account(moderator)]
    spaces = [space(name="A", trust=Trust.NEUTRAL, rooms={}), space(name="B", address="T2")]
    async with open_work() as work:
        await work.communities.add(community(), spaces, [rep, moderator], accounts)
    async with open_work() as work:
        found = await work.communities.get(HERE)
    assert found is not None
    assert found[0] == community()
    assert found[1] == spaces
    assert sorted(found[2], key=lambda one: one.id) == sorted(
        [rep, moderator], key=lambda one: one.id
    )
    assert sorted(found[3], key=lambda one: one.mark) == sorted(accounts, key=lambda one: one.mark)


async def test_a_community_that_never_was_is_not_there(open_work: OpenWork) -> None:
    async with open_work() as work:
        assert await work.communities.get(HERE) is None
        assert await work.communities.at(new_lookup()) is None
        assert await work.communities.stands(new_lookup()) is None
        assert await work.communities.all() == []
        assert await work.communities.next_slot_of(HERE) is None
        assert await work.communities.revision(HERE) is None


async def test_communities_never_see_each_others_people_and_places(open_work: OpenWork) -> None:
    ours, theirs = person(), person()
    our_space, their_space = space(), space(ELSEWHERE)
    our_account, their_account = account(ours), account(theirs)
    async with open_work() as work:
        await work.communities.add(community(), [our_space], [ours], [our_account])
        await work.communities.add(community(ELSEWHERE), [their_space], [theirs], [their_account])
    async with open_work() as work:
        found = await work.communities.get(HERE)
        assert found is not None
        assert found[1:] == ([our_space], [ours], [our_account])
        assert await work.communities.at(our_space.mark) == HERE
        assert await work.communities.at(their_space.mark) == ELSEWHERE
        for one, id in ((our_space, HERE), (their_space, ELSEWHERE)):
            revision = await work.communities.revision(id)
            assert await work.communities.stands(one.mark) == (id, revision)
        assert await work.communities.all() == [HERE, ELSEWHERE]


async def test_waiting_for_another_slot_is_no_change_of_a_community(
    open_work: OpenWork,
) -> None:
    await founded(open_work, HERE)
    async with open_work() as work:
        before = await work.communities.revision(HERE)
        await work.communities.set_next_slot(HERE, SLOT)
    async with open_work() as work:
        assert await work.communities.revision(HERE) == before
        assert isinstance(before, int)


async def test_a_space_belongs_to_one_community_alone(open_work: OpenWork) -> None:
    ours = space()
    async with open_work() as work:
        await work.communities.add(community(), [ours], [], [])
    with pytest.raises(IntegrityError):
        async with open_work() as work:
            stolen = SpaceRow(replace(ours.space, id=new_id()), ELSEWHERE, ours.mark)
            await work.communities.add(community(ELSEWHERE), [stolen], [], [])
    async with open_work() as work:
        assert await work.communities.all() == [HERE]
        assert await work.communities.at(ours.mark) == HERE


async def test_a_slot_is_due_from_its_own_second_on(open_work: OpenWork) -> None:
    await founded(open_work, HERE, ELSEWHERE)
    async with open_work() as work:
        await work.communities.set_next_slot(HERE, SLOT)
        await work.communities.set_next_slot(ELSEWHERE, NEXT_SLOT)
        assert await work.communities.due(SLOT - SECOND) == []
        assert await work.communities.due(SLOT) == [HERE]
        assert await work.communities.due(NEXT_SLOT) == [HERE, ELSEWHERE]


async def test_the_next_slot_is_the_earliest_any_community_waits_for(
    open_work: OpenWork,
) -> None:
    await founded(open_work, HERE, ELSEWHERE)
    async with open_work() as work:
        assert (await work.coming()).get(What.SLOT) is None
        await work.communities.set_next_slot(HERE, NEXT_SLOT)
        assert (await work.coming()).get(What.SLOT) == NEXT_SLOT
        await work.communities.set_next_slot(ELSEWHERE, SLOT)
    async with open_work() as work:
        assert (await work.coming()).get(What.SLOT) == SLOT
        assert await work.communities.next_slot_of(HERE) == NEXT_SLOT
        assert await work.communities.next_slot_of(ELSEWHERE) == SLOT


async def holds(open_work: OpenWork, *, alone: bool, community: CommunityId = HERE) -> None:
    async with open_work() as work:
        await work.communities.hold(community, alone=alone)


async def waits_for(
    open_work: OpenWork, *, alone: bool, after: bool, expected: bool = True
) -> bool:
    """Whether someone who wants to hold a community must wait for someone who does."""
    async with open_work() as work:
        await work.communities.hold(HERE, alone=after)
        second = asyncio.create_task(holds(open_work, alone=alone))
        waited = await waits(second, expected)
    await second
    return waited


async def test_a_slot_waits_for_whoever_is_in_the_middle_of_something(
    open_work: OpenWork,
) -> None:
    await founded(open_work, HERE)
    assert await waits_for(open_work, alone=True, after=False)


async def test_whoever_says_something_waits_for_the_slot_to_be_over(open_work: OpenWork) -> None:
    await founded(open_work, HERE)
    assert await waits_for(open_work, alone=False, after=True)


async def test_two_processes_never_have_the_same_slot_at_once(open_work: OpenWork) -> None:
    await founded(open_work, HERE)
    assert await waits_for(open_work, alone=True, after=True)


async def test_reporters_wait_for_each_other_only_where_there_is_one_writer(
    open_work: OpenWork, backend: Backend
) -> None:
    await founded(open_work, HERE)
    one_writer = backend.name == "sqlite"
    waited = await waits_for(open_work, alone=False, after=False, expected=one_writer)
    assert waited is one_writer


async def test_whoever_waited_for_a_community_that_went_meanwhile_is_told_so(
    open_work: OpenWork,
) -> None:
    """Else what they are about to write would belong to nobody, and stay for ever."""
    await founded(open_work, HERE, ELSEWHERE)
    async with open_work() as work:
        await work.communities.hold(HERE, alone=True)
        second = asyncio.create_task(holds(open_work, alone=False))
        assert await waits(second)
        await work.belongings.remove(HERE)
    with pytest.raises(NoCommunity):
        await second
    with pytest.raises(NoCommunity):
        await holds(open_work, alone=True)
    await holds(open_work, alone=True, community=ELSEWHERE)


async def test_nobody_holds_a_community_that_is_not_there(open_work: OpenWork) -> None:
    await founded(open_work, ELSEWHERE)
    with pytest.raises(NoCommunity):
        await holds(open_work, alone=False)


async def test_a_slot_holds_no_other_community(open_work: OpenWork, backend: Backend) -> None:
    await founded(open_work, HERE, ELSEWHERE)
    async with open_work() as work:
        await work.communities.hold(HERE, alone=True)
        other = asyncio.create_task(holds(open_work, alone=True, community=ELSEWHERE))
        one_writer = backend.name == "sqlite"
        assert await waits(other, one_writer) is one_writer
    await other


async def test_holding_a_community_leaves_no_trace_in_its_row(
    open_work: OpenWork, database: AsyncEngine, backend: Backend
) -> None:
    """PostgreSQL writes a row lock into the row itself: who came last would stand in ``xmax``."""
    traces = "xmin, xmax, ctid, *" if backend.name == "postgresql" else "*"
    query = text(f"SELECT {traces} FROM communities")

    async def rows() -> list[str]:
        async with database.connect() as connection:
            return [str(row) for row in await connection.execute(query)]

    await founded(open_work, HERE)
    before = await rows()
    await holds(open_work, alone=False)
    await holds(open_work, alone=True)
    assert await rows() == before
    assert len(before) == 1


# Set-up -----------------------------------------------------------------------------------------


async def test_what_moderators_set_is_kept_whole_and_changes_the_revision(
    open_work: OpenWork,
) -> None:
    async with open_work() as work:
        await work.communities.add(community(), [space()], [], [])
        before = await work.communities.revision(HERE)
    changed = replace(
        community(),
        name="Dock",
        language="de",
        slots=Slots("Europe/Berlin", (1, 4), time(17, 30)),
        categories=("pay", "Kräne"),
        policy=Policy((Step(Target.ALL_REPS),), "Law Centre"),
        members=44,
        opened=None,
        floor=8,
        words=Words(rep="Steward"),
    )
    async with open_work() as work:
        await work.communities.keep_settings(changed)
    async with open_work() as work:
        found = await work.communities.get(HERE)
        assert found is not None
        assert found[0] == replace(changed, staff=(), spaces=())
        assert (await work.communities.revision(HERE) or 0) > (before or 0)


async def test_a_space_is_kept_replaced_and_let_go(open_work: OpenWork) -> None:
    known = space()
    there = replace(known.space, id="9" * 32, address="elsewhere", name="Elsewhere")
    another = SpaceRow(there, HERE, b"another mark")
    async with open_work() as work:
        await work.communities.add(community(), [known], [], [])
        await work.communities.keep_space(another)
    trusted = replace(there, trust=Trust.WORKER_OWNED, answered=True, gone=NEXT_SLOT)
    async with open_work() as work:
        await work.communities.keep_space(replace(another, space=trusted))
    async with open_work() as work:
        found = await work.communities.get(HERE)
        assert found is not None
        assert {one.space.id: one.space for one in found[1]} == {
            known.space.id: known.space,
            there.id: trusted,
        }
        assert await work.communities.at(b"another mark") == HERE
        await work.communities.drop_space(HERE, there.id)
    async with open_work() as work:
        assert await work.communities.at(b"another mark") is None


@pytest.mark.parametrize(
    "rooms", [{}, {RoomKind.ORGANISERS: "C9"}, {kind: f"Ü {kind}" for kind in RoomKind}]
)
async def test_a_spaces_rooms_are_changed_and_whoever_remembers_them_loads_them_anew(
    open_work: OpenWork, rooms: dict[RoomKind, str]
) -> None:
    ours, other, theirs = space(), space(address="T0002"), space(ELSEWHERE, address="T0003")
    async with open_work() as work:
        await work.communities.add(community(), [ours, other], [], [])
        await work.communities.add(community(ELSEWHERE), [theirs], [], [])
    async with open_work() as work:
        before = await work.communities.revision(HERE), await work.communities.revision(ELSEWHERE)
        changed = replace(ours, space=replace(ours.space, rooms=rooms))
        await work.communities.keep_space(changed)
    async with open_work() as work:
        found = await work.communities.get(HERE)
        assert found is not None
        assert {row.space.id: dict(row.space.rooms) for row in found[1]} == {
            ours.space.id: rooms,
            other.space.id: dict(other.space.rooms),
        }
        elsewhere = await work.communities.get(ELSEWHERE)
        assert elsewhere is not None
        assert elsewhere[1] == [theirs]
        after = await work.communities.revision(HERE), await work.communities.revision(ELSEWHERE)
    assert after[0] != before[0]
    assert after[1] == before[1]


async def test_whose_a_space_is_is_unanswered_until_somebody_says(open_work: OpenWork) -> None:
    known = space()
    unsaid = replace(known.space, trust=Trust.EMPLOYER_OWNED, answered=False)
    async with open_work() as work:
        await work.communities.add(community(), [replace(known, space=unsaid)], [], [])
    async with open_work() as work:
        found = await work.communities.get(HERE)
        assert found is not None
        assert found[1][0].space == unsaid


async def test_a_place_that_belongs_to_a_community_is_taken(open_work: OpenWork) -> None:
    other = community(ELSEWHERE)
    mine = space()
    taken = replace(mine, space=replace(mine.space, id="8" * 32), community=other.id)
    async with open_work() as work:
        await work.communities.add(community(), [mine], [], [])
        await work.communities.add(other, [], [], [])
    with pytest.raises(SpaceTaken):
        async with open_work() as work:
            await work.communities.keep_space(taken)


async def test_a_community_is_found_by_its_code_alone(open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.communities.add(community(), [], [], [])
        assert await work.communities.coded(community().code) == HERE
        assert await work.communities.coded("") is None


async def test_changes_wait_are_looked_at_when_due_and_go(open_work: OpenWork) -> None:
    early, late = (
        PendingRow(one * 32, at, b"sealed") for one, at in (("1", NEXT_SLOT), ("2", SECOND_YEAR))
    )
    async with open_work() as work:
        await work.communities.add(community(), [], [], [])
        assert (await work.coming()).get(What.CHANGE) is None
        for row in (late, early):
            await work.communities.keep_pending(HERE, row)
    async with open_work() as work:
        assert await work.communities.pending(HERE) == [early, late]
        assert (await work.coming()).get(What.CHANGE) == NEXT_SLOT
        assert await work.communities.to_change(NEXT_SLOT - SECOND) == []
        assert await work.communities.to_change(NEXT_SLOT) == [HERE]
        again = replace(early, due=SECOND_YEAR, sealed=b"seconded")
        await work.communities.keep_pending(HERE, again)
    async with open_work() as work:
        assert await work.communities.pending(HERE) == [again, late]
        await work.communities.drop_pending(HERE, early.id)
        await work.communities.drop_pending(ELSEWHERE, late.id)
    async with open_work() as work:
        assert await work.communities.pending(HERE) == [late]
