"""A community whose rows were damaged stops none of the others; and slots look alike in the log."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from adapters.sandbox import people
from bot.domain.communities import CommunityId
from bot.ports import Noted
from storage.engine import open_engine
from storage.tables import communities, staff
from tests.fakes.acts import Acts
from tests.fakes.world import KeptLog, World


async def another(world: World) -> CommunityId:
    """A second community, elsewhere, whose staff have no accounts."""
    made = people.community(lambda: world.chance.bytes(16).hex(), "OTHERONE", world.clock.now())
    spaces = tuple(replace(one, address="elsewhere") for one in made.spaces)
    unknown = tuple(replace(one, accounts=()) for one in made.staff)
    await world.bot.communities.found(replace(made, spaces=spaces, staff=unknown))
    return made.id


async def damage(world: World, id: CommunityId) -> None:
    engine = open_engine(world.where.database)
    async with engine.begin() as run:
        change = update(staff).where(staff.c.community == id)
        await run.execute(change.values(sealed_name=b"something else"))
    await engine.dispose()
    world.bot.communities._remembered._known.clear()  # as after a start


async def watch_at(world: World, id: CommunityId, at: datetime) -> None:
    engine = open_engine(world.where.database)
    async with engine.begin() as run:
        change = update(communities).where(communities.c.id == id)
        await run.execute(change.values(next_watch=at))
    await engine.dispose()


async def waits_for(world: World, id: CommunityId) -> tuple[datetime | None, datetime | None]:
    """(its next slot, its next watch)."""
    engine = open_engine(world.where.database)
    async with engine.begin() as run:
        columns = (communities.c.next_slot, communities.c.next_watch)
        found = (await run.execute(select(*columns).where(communities.c.id == id))).one()
    await engine.dispose()
    return found[0], found[1]


async def test_a_damaged_community_stops_neither_slots_nor_watches_of_another(
    world: World,
) -> None:
    (first,) = await world.bot.communities.ids()
    second = await another(world)
    await Acts(world).file("worker")
    dues = await world.bot.communities.coming()
    slot = world.clock.at = next(due.at for due in dues if due.what == "slot")
    for id, back in ((first, 2), (second, 1)):
        await watch_at(world, id, slot - timedelta(hours=back))
    await damage(world, first)
    await world.bot.tick()
    assert await waits_for(world, first) == (slot, slot - timedelta(hours=2))
    next_slot, next_watch = await waits_for(world, second)
    assert next_slot
    assert next_slot > slot
    assert next_watch is None or next_watch > slot
    assert isinstance(world.log, KeptLog)
    places = {facts["place"] for event, facts in world.log.lines if event is Noted.BUG}
    assert {"release.due", "communities.watch_due"} <= places
    assert set(await world.bot.status.figures())  # what it owes is late; the figures are there


async def test_a_slot_has_one_line_whether_or_not_anything_crossed(world: World) -> None:
    await another(world)
    quiet = await world.slot()
    await Acts(world).file("worker")
    busy = await world.slot()
    assert isinstance(world.log, KeptLog)
    lines = [facts["period"] for event, facts in world.log.lines if event is Noted.SLOT]
    assert lines == [quiet.isoformat(), busy.isoformat()]
