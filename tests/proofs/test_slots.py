"""Slots: a case waits for its slot, and nothing that waits tells when it came.

Shows: no rep hears or sees anything before, all rows of one slot carry the same moment, and a row
that waited shares no id, lookup, key or sealed byte with the case that it became. Does
not show: the order of rows in the file before the slot.
Control: urgent cases are there at once, and the next slot's rows carry another moment.
"""

import sqlite3
from contextlib import closing
from datetime import timedelta

from tests.fakes.acts import REPS, Acts, names
from tests.fakes.world import World


async def test_a_case_waits_for_its_slot(world: World) -> None:
    acts = Acts(world)
    await acts.file("worker")
    await world.bot.tick()
    for rep in REPS:
        assert "open" not in names(await acts.say(rep, "cases"))
    assert world.post.people == world.post.rooms == []
    await world.slot()
    for rep in REPS:
        assert "open" in names(await acts.say(rep, "cases"))
    assert [whom for whom, _ in world.post.people] == [REPS[0]]


async def test_an_urgent_case_does_not_wait(world: World) -> None:
    acts = Acts(world)
    await acts.file("worker", "send_urgent")
    await world.bot.tick()
    assert "open" in names(await acts.say(REPS[0], "cases"))


async def test_what_waits_tells_no_moment(world: World) -> None:
    acts, moments = Acts(world), []
    for n in range(4):
        receipt = await acts.file(f"worker-{n}")
        world.clock.move(timedelta(minutes=7, seconds=n))
        await acts.write("worker", await acts.visit("worker", receipt), "And one thing more.")
        moments.append(_moments(world))
    assert len(set.union(*moments)) == 1
    await world.slot()
    await acts.file("worker-late")
    assert _moments(world) != moments[0]


async def test_what_waited_and_what_it_became_have_nothing_in_common(world: World) -> None:
    acts = Acts(world)
    receipt = await acts.file("worker")
    await acts.write("worker", await acts.visit("worker", receipt), "And one thing more.")
    (follow_up,) = _values(world, "waiting WHERE lookup IS NULL")
    (before,) = _values(world, "waiting WHERE lookup IS NOT NULL")
    await world.slot()
    (after,) = _values(world, "cases")
    (entry,) = _values(world, "entries")
    assert _values(world, "waiting") == []
    assert before["community"] == after["community"]
    for name in ("id", "lookup", "key", "sealed"):
        assert before[name] not in after.values(), name
    for name in ("id", "key", "sealed"):
        assert follow_up[name] not in (*after.values(), *entry.values()), name


def _values(world: World, table: str) -> list[dict[str, object]]:
    file = world.where.data / "groundswell.db"
    with closing(sqlite3.connect(file, timeout=10)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(f"SELECT * FROM {table}")]


def _moments(world: World) -> set[int]:
    """The slots of all that waits."""
    file = world.where.data / "groundswell.db"
    with closing(sqlite3.connect(file, timeout=10)) as database:
        return {slot for (slot,) in database.execute("SELECT slot FROM waiting")}
