"""The figures somebody should look at: what the clock owes, and nothing that a worker does."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.communities import Account, Community, RoomKind, Trust
from bot.ports import Fate, Figure, OpenWork, Parcel
from bot.services.status import RUNS_KEPT, SEEN
from storage.engine import open_engine
from storage.work import work_on
from tests.contract.rows import new_id, parcel
from tests.fakes.acts import Acts
from tests.fakes.world import World, folders, new_world

WELL = dict.fromkeys(Figure, 0)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def open_work(world: World) -> AsyncIterator[OpenWork]:
    engine = open_engine(world.where.database)
    yield work_on(engine)
    await engine.dispose()


async def figures(world: World) -> dict[Figure, int]:
    """Those that are not 0."""
    found = await world.bot.status.figures()
    assert set(found) == set(Figure)
    return {figure: count for figure, count in found.items() if count}


async def slot_comes(world: World) -> None:
    """It is time for the slot; nobody has looked."""
    dues = await world.bot.communities.coming()
    world.clock.at = next(due.at for due in dues if due.what == "slot")


async def test_when_all_is_well_every_figure_is_there_and_none_is_more_than_0(world: World) -> None:
    assert await world.bot.status.figures() == WELL
    await world.slot()
    assert await world.bot.status.figures() == WELL


async def test_a_slot_that_nobody_lets_happen_is_late_after_five_minutes(world: World) -> None:
    await slot_comes(world)
    world.clock.move(5 * MINUTE - timedelta(seconds=1))
    assert await figures(world) == {}
    world.clock.move(2 * timedelta(seconds=1))
    assert await figures(world) == {Figure.LATE: 1}
    await world.bot.tick()
    assert await figures(world) == {}


async def test_a_poll_that_nobody_closes_is_late_after_five_minutes(world: World) -> None:
    acts = Acts(world)
    form = await acts.say("ruth-adeyemi", "poll", "new")
    asked = {"question": "Tea?", "kind": "yes_no", "days": "1", "comment": "no"}
    await acts.press("ruth-adeyemi", await acts.fill("ruth-adeyemi", form, **asked), "confirm")
    await world.bot.tick()
    dues = await world.bot.communities.coming()
    closes = next(due.at for due in dues if due.what == "close")
    await world.live(hours=(closes - world.clock.at).total_seconds() / 3600 - 0.1)
    world.clock.at = closes + 5 * MINUTE + timedelta(seconds=1)
    assert await figures(world) == {Figure.LATE: 1}
    await world.bot.tick()
    assert await figures(world) == {}


async def test_a_slot_that_came_an_hour_late_was_missed_and_is_seen_for_a_day(
    world: World,
) -> None:
    await world.slot()  # Monday's, at which a digest is due as well
    await slot_comes(world)
    world.clock.move(timedelta(hours=1, minutes=1))
    await world.bot.tick()
    assert await figures(world) == {Figure.MISSED: 1}
    world.clock.move(timedelta(hours=23))
    assert await figures(world) == {Figure.MISSED: 1}
    world.clock.move(timedelta(hours=1, seconds=1))
    assert await figures(world) == {}


async def test_a_digest_that_came_an_hour_late_was_missed_beside_its_slot(world: World) -> None:
    await slot_comes(world)
    world.clock.move(timedelta(hours=1, minutes=1))
    await world.bot.tick()
    assert await figures(world) == {Figure.MISSED: 2}


def to_room(**changes: Any) -> Parcel:
    room = {"staff": None, "account": None, "space": new_id(), "room": RoomKind.STAFF}
    return parcel(**(room | changes))


@pytest.mark.parametrize(
    ("fate", "figure"),
    [
        (Fate.PARKED, Figure.PARKED),
        (Fate.IN_DOUBT, Figure.IN_DOUBT),
        (Fate.UNREACHABLE, Figure.UNREACHABLE),
    ],
)
async def test_rooms_given_up_are_counted_for_a_month(
    world: World, open_work: OpenWork, fate: Fate, figure: Figure
) -> None:
    now = world.clock.now()
    async with open_work() as work:
        await work.outbox.put(*(to_room(fate=fate, not_before=now) for _ in range(3)))
    assert await figures(world) == {figure: 3}
    world.clock.move(SEEN - timedelta(days=3))
    await world.bot.status.forget()
    async with open_work() as work:
        assert (await work.outbox.counts(rooms=True))[fate] == 3
    world.clock.move(timedelta(days=3, seconds=1))
    await world.bot.status.forget()
    async with open_work() as work:
        assert (await work.outbox.counts(rooms=True))[fate] == 0


@pytest.mark.parametrize(
    ("fate", "shown"),
    [
        (Fate.PARKED, {Figure.PARKED: 1}),
        (Fate.IN_DOUBT, {Figure.IN_DOUBT: 1}),
        (Fate.UNREACHABLE, {}),
    ],
)
async def test_however_many_notices_to_people_were_given_up_is_not_told(
    world: World, open_work: OpenWork, fate: Fate, shown: dict[Figure, int]
) -> None:
    """Whoever was left out of a case may see the figures: they must not move with it."""
    now = world.clock.now()
    async with open_work() as work:
        await work.outbox.put(*(parcel(fate=fate, not_before=now) for _ in range(3)))
    assert await figures(world) == shown


async def test_who_has_no_place_to_be_told_is_unreachable_before_there_is_anything_to_tell(
    tmp_path: Path,
) -> None:
    def change(seeded: Community) -> Community:
        first, *others = seeded.staff
        return replace(seeded, staff=(replace(first, accounts=()), *others))

    async with new_world(folders(tmp_path), change=change) as world:
        assert await figures(world) == {Figure.UNREACHABLE: 1}


async def test_what_an_employer_reads_is_no_place_to_be_told(tmp_path: Path) -> None:
    def change(seeded: Community) -> Community:
        first, *others = seeded.staff
        (space,) = seeded.spaces
        owned = replace(space, trust=Trust.EMPLOYER_OWNED)
        there = Account(space.platform, "somebody-else", space.address)
        return replace(seeded, spaces=(owned,), staff=(replace(first, accounts=(there,)), *others))

    async with new_world(folders(tmp_path), change=change) as world:
        # One rep, and the digest, whose only room an employer reads.
        assert await figures(world) == {Figure.UNREACHABLE: 2}


async def test_a_notice_that_nobody_delivers_is_late(world: World, open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.outbox.put(to_room(platform="matrix", not_before=world.clock.now()))
    assert await figures(world) == {}
    world.clock.move(5 * MINUTE + timedelta(seconds=1))
    assert await figures(world) == {Figure.LATE: 1}


async def test_notices_to_people_are_late_an_hour_later_and_not_counted(
    world: World, open_work: OpenWork
) -> None:
    """What is urgent is due from the full hour before: it must not be late when it is written."""
    async with open_work() as work:
        now = world.clock.now()
        await work.outbox.put(*(parcel(platform="matrix", not_before=now) for _ in range(3)))
    world.clock.move(timedelta(hours=1, minutes=5))
    assert await figures(world) == {}
    world.clock.move(timedelta(seconds=1))
    assert await figures(world) == {Figure.LATE: 1}


async def test_claims_of_what_cannot_come_again_are_forgotten_and_no_others(
    world: World, open_work: OpenWork
) -> None:
    now = world.clock.now()
    old, young = (now - RUNS_KEPT - MINUTE).isoformat(), (now - RUNS_KEPT).isoformat()
    runs = [(kind, one) for kind in ("slot", "handover", "found") for one in (old, young)]
    weeks = [(now - RUNS_KEPT + n * timedelta(days=1)).date().isoformat() for n in (-1, 1)]
    runs += [("digest", week) for week in weeks]
    async with open_work() as work:
        for kind, period in runs:
            assert await work.ledger.claim(kind, "here", period)
    await world.bot.status.forget()
    async with open_work() as work:
        free = [run for run in runs if await work.ledger.claim(run[0], "here", run[1])]
    assert free == [("slot", old), ("handover", old), ("digest", weeks[0])]
    await world.bot.status.forget()  # once a day
    async with open_work() as work:
        assert not await work.ledger.claim("slot", "here", old)
    world.clock.move(timedelta(days=1))
    await world.bot.status.forget()
    async with open_work() as work:
        assert await work.ledger.claim("slot", "here", old)


async def test_nothing_that_workers_do_moves_a_figure_before_its_slot(world: World) -> None:
    """Not even when everything is late: as many cases as one likes, the same figures."""
    acts = Acts(world)
    before = await world.bot.status.figures()
    receipts = [await acts.file(f"worker-{n}") for n in range(4)]
    view = await acts.visit("someone", receipts[0])
    await acts.write("someone", view, "One more thing.")
    assert await world.bot.status.figures() == before
    await slot_comes(world)
    world.clock.move(6 * MINUTE)
    assert await figures(world) == {Figure.LATE: 1}


async def test_however_many_cases_are_due_a_community_is_late_once(world: World) -> None:
    """So that nobody who was left out of one can count them."""
    acts = Acts(world)
    for n in range(4):
        await acts.file(f"worker-{n}")
    await world.slot()
    world.clock.move(timedelta(days=1, minutes=30))  # all four should have climbed
    assert await figures(world) == {Figure.LATE: 1}


async def test_health_says_what_can_be_reached(world: World) -> None:
    well = await world.bot.status.health({"sandbox": True})
    assert (well.ready, well.database, well.keys, well.figures) == (True, True, True, WELL)
    cut_off = await world.bot.status.health({"sandbox": True, "slack": False})
    assert not cut_off.ready
    assert not replace(well, keys=False).ready
    assert not replace(well, database=False).ready


async def test_a_database_that_cannot_be_asked_is_said_without_figures(world: World) -> None:
    engine = open_engine(world.where.database)
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE ledger"))
    await engine.dispose()
    found = await world.bot.status.health({})
    assert (found.database, found.keys, found.figures, found.ready) == (False, True, None, False)
