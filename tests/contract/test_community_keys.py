"""What every key store promises about communities: one key each, which only forgetting takes."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.chance import SystemChance
from adapters.vault import FileVault
from bot.domain.communities import CommunityId
from bot.domain.errors import NoCommunity
from bot.ports import BadSeal, Key, OpenWork, Wrapped
from bot.services.privacy.audit import Audit
from bot.services.privacy.retention import Retention
from bot.services.privacy.seals import Seal, Seals
from storage.community_keys import AT_ONCE
from storage.engine import transaction
from storage.keys import SqlKeys
from storage.tables import community_keys, homes
from tests.contract.rows import ELSEWHERE, HERE, NEXT_SLOT, SLOT, new_id, new_lookup
from tests.fakes.world import CountedChance, HandClock, KeptLog
from tests.unit.harbour import INES, community

FILES = (b"1" * 32, b"2" * 32, b"3" * 32)
PLACE = "staff.sealed_name/1"


def wrapped() -> Wrapped:
    return Wrapped(b"\x01" + new_lookup() + new_lookup()[:28])


def some_id() -> CommunityId:
    return CommunityId(new_id())


def process(keys: SqlKeys) -> Seals:
    """What one process remembers."""
    return Seals(keys, FileVault(FILES, SystemChance()))


class Trips:
    """Statements that a database was asked, from here on."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.count = 0
        event.listen(engine.sync_engine, "before_cursor_execute", self._more)

    def _more(self, *_: object) -> None:
        self.count += 1


# The shelf --------------------------------------------------------------------------------------


async def test_a_key_comes_back_as_it_was_kept(keys: SqlKeys) -> None:
    ours, theirs = wrapped(), wrapped()
    assert await keys.make_communities({HERE: ours, ELSEWHERE: theirs}) == {
        HERE: ours,
        ELSEWHERE: theirs,
    }
    assert await keys.communities([HERE, some_id()]) == {HERE: ours}
    assert await keys.communities([]) == {}


async def test_a_key_that_is_there_is_left_as_it_is(keys: SqlKeys) -> None:
    first = wrapped()
    await keys.make_communities({HERE: first})
    found = await keys.make_communities({HERE: wrapped(), ELSEWHERE: wrapped()})
    assert found[HERE] == first
    assert (await keys.communities([HERE]))[HERE] == first


async def test_who_founds_one_at_once_gets_the_same_key(keys: SqlKeys) -> None:
    offered = [wrapped() for _ in range(6)]
    given = await asyncio.gather(*(keys.make_communities({HERE: one}) for one in offered))
    assert len({one[HERE] for one in given}) == 1
    assert given[0][HERE] in offered


async def test_a_destroyed_key_is_gone_and_never_made_again(keys: SqlKeys) -> None:
    theirs = wrapped()
    await keys.make_communities({HERE: wrapped(), ELSEWHERE: theirs})
    await keys.destroy_community(HERE, SLOT)
    assert await keys.make_communities({HERE: wrapped(), ELSEWHERE: wrapped()}) == {
        ELSEWHERE: theirs
    }
    await keys.destroy_community(HERE, NEXT_SLOT)  # twice does no harm
    assert await keys.communities([HERE, ELSEWHERE]) == {ELSEWHERE: theirs}
    assert await keys.destroyed([HERE, ELSEWHERE]) == {HERE}


async def test_a_key_made_and_destroyed_at_once_is_destroyed(keys: SqlKeys) -> None:
    for _ in range(20):
        id = some_id()
        await asyncio.gather(
            keys.make_communities({id: wrapped()}),
            keys.destroy_community(id, SLOT),
            keys.make_communities({id: wrapped()}),
        )
        assert await keys.communities([id]) == {}
        assert await keys.destroyed([id]) == {id}


async def test_no_look_for_strays_takes_the_key_of_a_community(
    keys: SqlKeys, open_work: OpenWork
) -> None:
    """Not even where no row of it is found: whoever lost it would lose every name."""
    key = wrapped()
    await keys.make_communities({HERE: key})
    retention = Retention(open_work, keys, HandClock(), KeptLog())
    for slot in (SLOT, NEXT_SLOT, NEXT_SLOT + (NEXT_SLOT - SLOT)):
        await retention.look_for_strays(slot)
    assert await keys.communities([HERE]) == {HERE: key}


# What seals with them ---------------------------------------------------------------------------


async def test_two_processes_seal_for_a_community_under_one_key(keys: SqlKeys) -> None:
    first, second = process(keys), process(keys)
    ours, theirs = await asyncio.gather(first.of(HERE), second.of(HERE))
    assert theirs.open(PLACE, ours.seal(PLACE, "Inês")) == "Inês"
    assert ours.mark("account", "x", "1") == theirs.mark("account", "x", "1")
    with pytest.raises(BadSeal):
        (await first.of(ELSEWHERE)).open(PLACE, ours.seal(PLACE, "Inês"))


async def test_a_key_once_loaded_costs_no_further_trip(
    keys: SqlKeys, key_store: AsyncEngine
) -> None:
    seals = process(keys)
    await seals.of_all([HERE, ELSEWHERE])
    trips = Trips(key_store)
    for _ in range(3):
        await seals.of(HERE)
        await seals.of_all([HERE, ELSEWHERE])
    assert trips.count == 0


@pytest.mark.parametrize("founded", [True, False])
async def test_many_keys_cost_no_more_trips_than_two(
    keys: SqlKeys, key_store: AsyncEngine, founded: bool
) -> None:
    ids = [some_id() for _ in range(150)]
    if founded:
        await process(keys).of_all(ids)
    trips, costs = Trips(key_store), []
    for some in (ids[:2], ids[2:]):
        before = trips.count
        assert len(await process(keys).of_all(some)) == len(some)
        costs.append(trips.count - before)
    assert costs[0] == costs[1] <= (1 if founded else 5)


async def test_whose_key_was_destroyed_is_no_community_and_holds_up_no_other(
    keys: SqlKeys,
) -> None:
    await process(keys).of_all([HERE, ELSEWHERE])
    await keys.destroy_community(HERE, SLOT)
    anew = process(keys)
    assert set(await anew.of_all([HERE, ELSEWHERE])) == {ELSEWHERE}
    with pytest.raises(NoCommunity):
        await anew.of(HERE)


async def test_what_a_process_was_told_to_forget_it_asks_for_again(keys: SqlKeys) -> None:
    seals = process(keys)
    await seals.of(HERE)
    await keys.destroy_community(HERE, SLOT)
    seals.forget(HERE)
    seals.forget(HERE)
    with pytest.raises(NoCommunity):
        await seals.of(HERE)


async def test_a_damaged_key_holds_up_no_other_community(
    keys: SqlKeys, key_store: AsyncEngine
) -> None:
    await process(keys).of_all([HERE, ELSEWHERE])
    async with transaction(key_store) as run:
        mine = community_keys.c.id == HERE
        await run.execute(community_keys.update().where(mine).values(wrapped=wrapped()))
    anew = process(keys)
    assert set(await anew.of_all([HERE, ELSEWHERE])) == {ELSEWHERE}
    with pytest.raises(BadSeal):
        await anew.of(HERE)


def test_a_seal_never_shows_its_key() -> None:
    key = Key(b"k" * 32)
    assert "kkkk" not in repr(Seal(FileVault(FILES, CountedChance()), key))


# Where many communities are handled at once -----------------------------------------------------


async def test_the_pages_of_many_chains_cost_as_many_trips_as_those_of_two(
    open_work: OpenWork, keys: SqlKeys, key_store: AsyncEngine, database: AsyncEngine
) -> None:
    """In both databases, in the first week of a process and in the next."""
    ids, vault = [some_id() for _ in range(150)], FileVault(FILES, CountedChance("many"))
    async with AsyncExitStack() as stack:
        work = await stack.enter_async_context(open_work())
        costs = []
        for some in (ids[:2], ids):
            audit = Audit(open_work, Seals(keys, vault), vault, CountedChance("some"))
            for _ in range(2):
                opens, rows = Trips(key_store), Trips(database)
                await audit.close_week(work, some)
                costs.append((opens.count, rows.count))
    first, second, many, again = costs
    assert second[0] == again[0] == 0
    assert many[0] <= first[0] + 1
    assert many[1] == first[1] == second[1] == again[1]


async def test_a_community_that_is_being_forgotten_holds_up_no_page_of_another(
    open_work: OpenWork, keys: SqlKeys
) -> None:
    vault = FileVault(FILES, CountedChance("gone"))
    made = Audit(open_work, Seals(keys, vault), vault, CountedChance("gone"))
    harbour = replace(community(), id=HERE)
    async with open_work() as work:
        await made.note(work, harbour, INES, "case.reply")
    await keys.destroy_community(HERE, SLOT)
    anew = Audit(open_work, Seals(keys, vault), vault, CountedChance("anew"))
    async with open_work() as work:
        await anew.close_week(work, [HERE, ELSEWHERE])
        await anew.close_week(work, [HERE])
    assert (len(await anew.pages(HERE)), len(await anew.pages(ELSEWHERE))) == (0, 1)


async def test_where_an_account_serves_is_kept_once_and_goes_with_its_community(
    keys: SqlKeys,
) -> None:
    mark, other = b"m" * 32, b"o" * 32
    for id in (ELSEWHERE, HERE, HERE):
        await keys.keep_home(mark, id)
    await keys.keep_home(other, HERE)
    assert await keys.homes() == {mark: {HERE, ELSEWHERE}, other: {HERE}}
    await keys.drop_home(mark, ELSEWHERE)
    assert await keys.homes() == {mark: {HERE}, other: {HERE}}
    await keys.destroy_community(HERE, SLOT)
    assert await keys.homes() == {}


async def test_all_homes_are_told_however_many_there_are(keys: SqlKeys) -> None:
    kept = [(n.to_bytes(2) * 16, id) for n in range(AT_ONCE // 2 + 1) for id in (HERE, ELSEWHERE)]
    async with transaction(keys._engine) as run:
        await run.execute(insert(homes), [{"mark": m, "community": id} for m, id in kept])
    assert await keys.homes() == {mark: {HERE, ELSEWHERE} for mark, _ in kept}
