"""What every key store promises: keys are made once, and a destroyed one is gone for good."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.communities import CommunityId
from bot.ports import Stored, Wrapped
from storage.keys import SqlKeys
from storage.schema import Chain
from storage.scrubbing import scrub
from tests.contract.conftest import Files, Server, dead, opened
from tests.contract.rows import NEXT_SLOT, SECOND, SLOT, new_id, new_lookup
from tests.fakes.postgres import Postgres


def wrapped() -> Wrapped:
    return Wrapped(b"\x01" + new_lookup() + new_lookup()[:28])


async def test_a_key_comes_back_as_it_was_kept(keys: SqlKeys) -> None:
    id, other, key = new_id(), new_id(), wrapped()
    assert await keys.make(id, new_id(), key) == key
    assert await keys.make(other, new_id(), wrapped()) is not None
    assert await keys.get([id, new_id()]) == {id: (id, key)}
    assert await keys.get([]) == {}


async def test_a_key_is_opened_by_both_its_names(keys: SqlKeys) -> None:
    id, waiting, key = new_id(), new_id(), wrapped()
    await keys.make(id, waiting, key)
    await keys.make(new_id(), new_id(), wrapped())
    assert await keys.get([id]) == {id: (id, key)}
    assert await keys.get([waiting]) == {waiting: (id, key)}
    assert await keys.get([waiting, id]) == {id: (id, key), waiting: (id, key)}


async def test_a_key_that_is_there_is_left_as_it_is(keys: SqlKeys) -> None:
    id, waiting, first = new_id(), new_id(), wrapped()
    await keys.make(id, waiting, first)
    assert await keys.make(id, waiting, wrapped()) == first
    assert await keys.get([id, waiting]) == {id: (id, first), waiting: (id, first)}


async def test_keys_made_at_once_are_one_key(keys: SqlKeys) -> None:
    id, waiting, offered = new_id(), new_id(), [wrapped() for _ in range(6)]
    made = await asyncio.gather(*(keys.make(id, waiting, one) for one in offered))
    ((_, kept),) = (await keys.get([id])).values()
    assert kept in offered
    assert made == [kept] * 6


async def test_a_destroyed_key_is_gone_and_never_made_again(keys: SqlKeys) -> None:
    gone, waiting, stays, key = new_id(), new_id(), new_id(), wrapped()
    await keys.make(gone, waiting, key)
    await keys.make(stays, new_id(), key)
    await keys.destroy([gone], SLOT)
    assert await keys.get([gone, stays]) == {stays: (stays, key)}
    assert await keys.make(gone, waiting, wrapped()) is None
    assert await keys.get([gone, stays]) == {stays: (stays, key)}
    assert await keys.destroyed([gone, stays, new_id()]) == {gone}
    assert list(await keys.unsettled()) == [stays]


@pytest.mark.parametrize("by", ["id", "waiting"])
async def test_a_key_destroyed_by_either_name_is_gone_under_both(keys: SqlKeys, by: str) -> None:
    id, waiting, stays, waits = new_id(), new_id(), new_id(), new_id()
    await keys.make(id, waiting, wrapped())
    await keys.make(stays, waits, wrapped())
    await keys.destroy([id if by == "id" else waiting], SLOT)
    assert set(await keys.get([id, waiting, stays, waits])) == {stays, waits}
    assert await keys.destroyed([id, waiting, stays, waits]) == {id, waiting}
    assert await keys.make(id, waiting, wrapped()) is None
    assert await keys.get([id, waiting]) == {}


async def test_a_key_may_be_destroyed_twice_or_before_it_was_made(keys: SqlKeys) -> None:
    never_made = new_id()
    await keys.destroy([], SLOT)
    await keys.destroy([never_made], SLOT)
    await keys.destroy([never_made], NEXT_SLOT)
    assert await keys.destroyed([never_made]) == {never_made}
    assert await keys.make(never_made, new_id(), wrapped()) is None
    assert await keys.destroyed([]) == set()


async def test_a_key_made_and_destroyed_at_once_is_destroyed(keys: SqlKeys) -> None:
    """A send repeated while its case is deleted elsewhere."""
    for _ in range(30):
        id, waiting = new_id(), new_id()
        await asyncio.gather(
            keys.make(id, waiting, wrapped()),
            keys.destroy([id], SLOT),
            keys.make(id, waiting, wrapped()),
        )
        assert await keys.destroyed([id]) == {id}
        assert await keys.get([id, waiting]) == {}
        assert await keys.make(id, waiting, wrapped()) is None


async def test_a_new_key_is_looked_at_until_a_row_was_seen_for_it(keys: SqlKeys) -> None:
    settled, also_settled, missed, new = ids = sorted(new_id() for _ in range(4))
    waiting = {id: new_id() for id in ids}
    for id in ids:
        await keys.make(id, waiting[id], wrapped())
    await keys.missed([settled, also_settled, missed], SLOT)
    await keys.settle([settled, waiting[also_settled]])
    assert await keys.unsettled() == {missed: (waiting[missed], SLOT), new: (waiting[new], None)}


async def test_what_was_settled_stays_settled(keys: SqlKeys) -> None:
    id, waiting = new_id(), new_id()
    await keys.make(id, waiting, wrapped())
    await keys.settle([id])
    await keys.make(id, waiting, wrapped())
    assert await keys.unsettled() == {}
    await keys.settle([])
    await keys.missed([], SLOT)
    assert await keys.unsettled() == {}


async def test_what_is_stored_of_a_key_is_its_row(keys: SqlKeys) -> None:
    id, waiting, key = new_id(), new_id(), Wrapped(b"\x01\xff")
    await keys.make(id, waiting, key)
    await keys.make(new_id(), new_id(), wrapped())
    await keys.missed([id], SLOT)
    row = {
        "id": id,
        "waiting": waiting,
        "wrapped": "01ff",
        "settled": False,
        "missed": "2026-06-01T09:00:00+00:00",
    }
    assert await keys.stored(id) == Stored("case_keys", [row])
    assert await keys.stored(waiting) == Stored("case_keys", [row])
    assert await keys.stored(new_id()) == Stored("case_keys", [])


# Drafts -----------------------------------------------------------------------------------------

TOKEN, OTHER = b"\x01" * 16, b"\x02" * 16


async def test_a_draft_lasts_until_its_time_is_over(keys: SqlKeys) -> None:
    sealed = bytes(range(256)) * 40
    await keys.keep_draft(TOKEN, sealed, SLOT)
    assert await keys.draft(TOKEN, SLOT - SECOND) == sealed
    assert await keys.draft(TOKEN, SLOT) is None
    assert await keys.draft(OTHER, SLOT - SECOND) is None


async def test_a_draft_kept_again_replaces_itself_alone(keys: SqlKeys) -> None:
    await keys.keep_draft(TOKEN, b"first", SLOT)
    await keys.keep_draft(OTHER, b"other", SLOT)
    await keys.keep_draft(TOKEN, b"second", NEXT_SLOT)
    assert await keys.draft(TOKEN, SLOT) == b"second"
    assert await keys.draft(OTHER, SLOT - SECOND) == b"other"


async def test_a_dropped_draft_is_gone_and_the_rest_stays(keys: SqlKeys) -> None:
    await keys.keep_draft(TOKEN, b"mine", NEXT_SLOT)
    await keys.keep_draft(OTHER, b"other", NEXT_SLOT)
    await keys.drop_draft(TOKEN)
    await keys.drop_draft(TOKEN)
    assert await keys.draft(TOKEN, SLOT) is None
    assert await keys.draft(OTHER, SLOT) == b"other"


async def test_drafts_whose_time_is_over_are_forgotten_and_no_others(keys: SqlKeys) -> None:
    await keys.keep_draft(TOKEN, b"over", SLOT)
    await keys.keep_draft(OTHER, b"not yet", SLOT + SECOND)
    await keys.drop_drafts(SLOT)
    assert await keys.draft(TOKEN, SLOT - SECOND) is None
    assert await keys.draft(OTHER, SLOT) == b"not yet"


# Daily keys -------------------------------------------------------------------------------------

TODAY = date(2026, 6, 2)
YESTERDAY = TODAY - timedelta(days=1)


async def test_a_day_has_one_key_for_everyone(keys: SqlKeys) -> None:
    first = wrapped()
    assert await keys.daily(TODAY, first) == first
    assert await keys.daily(TODAY, wrapped()) == first
    assert await keys.daily(YESTERDAY, wrapped()) != first


async def test_who_asks_for_a_days_key_at_once_gets_the_same(keys: SqlKeys) -> None:
    offered = [wrapped() for _ in range(6)]
    given = await asyncio.gather(*(keys.daily(TODAY, one) for one in offered))
    assert set(given) <= set(offered)
    assert len(set(given)) == 1


async def test_the_keys_of_days_before_are_destroyed_and_no_others(keys: SqlKeys) -> None:
    today, yesterday = wrapped(), wrapped()
    await keys.daily(TODAY, today)
    await keys.daily(YESTERDAY, yesterday)
    await keys.forget_daily(TODAY)
    assert await keys.daily(TODAY, wrapped()) == today
    assert await keys.daily(YESTERDAY, wrapped()) != yesterday


# What is left in SQLite's files -----------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


@pytest.fixture
async def kept(folder: Path) -> AsyncIterator[SqlKeys]:
    """A key store on SQLite with enough in it that what is looked for lies among others."""
    async with Files(folder).database(Chain.KEYS) as url, opened(url) as engine:
        keys = SqlKeys(engine)
        for n in range(30):
            await keys.make(new_id(), new_id(), wrapped())
            await keys.keep_draft(n.to_bytes(16, "big"), random_looking(2_000), NEXT_SLOT)
        yield keys


def random_looking(length: int) -> bytes:
    return b"".join(new_lookup() for _ in range(length // 32))


def traces(folder: Path, secret: bytes) -> list[str]:
    """The files that hold any 16 bytes of a secret: a long one lies in pieces."""
    pieces = [secret[at : at + 16] for at in range(0, len(secret) - 15, 8)]
    found = []
    for file in sorted(folder.iterdir()):
        lies_there = file.read_bytes()
        if any(piece in lies_there for piece in pieces):
            found.append(file.name)
    return found


async def test_nothing_of_a_destroyed_key_is_left_in_the_files(folder: Path, kept: SqlKeys) -> None:
    id, waiting, key = new_id(), new_id(), wrapped()
    await kept.make(id, waiting, key)
    await kept.settle([id])
    assert traces(folder, key)
    await kept.destroy([id], SLOT)
    assert traces(folder, key) == []
    assert traces(folder, id.encode())  # its tombstones
    assert traces(folder, waiting.encode())


async def test_keys_destroyed_long_after_they_were_made_leave_nothing_either(
    folder: Path, kept: SqlKeys
) -> None:
    made = {new_id(): wrapped() for _ in range(40)}
    for id, key in made.items():
        await kept.make(id, new_id(), key)
    await kept.destroy([new_id()], SLOT)  # folds the log into the file
    assert all(traces(folder, key) == ["0.db"] for key in made.values())
    gone, stay = list(made)[::2], list(made)[1::2]
    await kept.destroy(gone, SLOT)
    assert all(traces(folder, made[id]) == [] for id in gone)
    assert all(traces(folder, made[id]) for id in stay)


async def test_nothing_of_a_communitys_key_is_left_in_the_files(
    folder: Path, kept: SqlKeys
) -> None:
    id, key = CommunityId(new_id()), wrapped()
    await kept.make_communities({id: key, CommunityId(new_id()): wrapped()})
    assert traces(folder, key)
    await kept.destroy_community(id, SLOT)
    assert traces(folder, key) == []
    assert traces(folder, id.encode())  # its tombstone


async def test_nothing_of_a_dropped_draft_is_left_in_the_files(folder: Path, kept: SqlKeys) -> None:
    first, second = random_looking(3_000), random_looking(9_000)
    await kept.keep_draft(TOKEN, first, NEXT_SLOT)
    await kept.keep_draft(TOKEN, second, NEXT_SLOT)
    assert traces(folder, first)
    assert traces(folder, second)
    await kept.drop_draft(TOKEN)
    assert traces(folder, first) == traces(folder, second) == traces(folder, TOKEN) == []


async def test_nothing_of_a_draft_that_ran_out_is_left_in_the_files(
    folder: Path, kept: SqlKeys
) -> None:
    sealed = random_looking(5_000)
    await kept.keep_draft(TOKEN, sealed, SLOT)
    assert traces(folder, sealed)
    await kept.drop_drafts(SLOT)
    assert traces(folder, sealed) == traces(folder, TOKEN) == []


async def test_nothing_of_a_days_key_is_left_in_the_files(folder: Path, kept: SqlKeys) -> None:
    key = wrapped()
    await kept.daily(YESTERDAY, key)
    assert traces(folder, key)
    await kept.forget_daily(TODAY)
    assert traces(folder, key) == []


# What is left in PostgreSQL's files -------------------------------------------------------------


@pytest.fixture
async def on_postgres(postgres: Postgres) -> AsyncIterator[AsyncEngine]:
    async with Server(postgres).database(Chain.KEYS) as url, opened(url) as engine:
        yield engine


async def heap(engine: AsyncEngine, table: str) -> bytes:
    """A table's file."""
    beside = engine.execution_options(isolation_level="AUTOCOMMIT")
    where = "SELECT current_setting('data_directory') || '/' || pg_relation_filepath(:table)"
    async with beside.connect() as connection:
        await connection.execute(text("CHECKPOINT"))
        file = await connection.scalar(text(where), {"table": table})
    return Path(str(file)).read_bytes()


Act = Callable[[SqlKeys, bytes], Awaitable[None]]


async def make_case_key(keys: SqlKeys, secret: bytes) -> None:
    await keys.make("a" * 32, "b" * 32, Wrapped(secret))
    await keys.settle(["a" * 32])  # which leaves a dead row already


async def destroy_case_key(keys: SqlKeys, _: bytes) -> None:
    await keys.destroy(["a" * 32], SLOT)


async def make_community_key(keys: SqlKeys, secret: bytes) -> None:
    await keys.make_communities({CommunityId("a" * 32): Wrapped(secret)})


async def destroy_community_key(keys: SqlKeys, _: bytes) -> None:
    await keys.destroy_community(CommunityId("a" * 32), SLOT)


async def make_poll_key(keys: SqlKeys, secret: bytes) -> None:
    await keys.make_poll("a" * 32, Wrapped(secret))


async def destroy_poll_key(keys: SqlKeys, _: bytes) -> None:
    await keys.destroy_polls(["a" * 32])


async def keep_draft(keys: SqlKeys, secret: bytes) -> None:
    await keys.keep_draft(TOKEN, secret, SLOT)


async def drop_draft(keys: SqlKeys, _: bytes) -> None:
    await keys.drop_draft(TOKEN)


async def drop_drafts(keys: SqlKeys, _: bytes) -> None:
    await keys.drop_drafts(SLOT)


async def make_daily(keys: SqlKeys, secret: bytes) -> None:
    await keys.daily(YESTERDAY, Wrapped(secret))


async def forget_daily(keys: SqlKeys, _: bytes) -> None:
    await keys.forget_daily(TODAY)


@pytest.mark.parametrize(
    ("table", "make", "destroy"),
    [
        ("case_keys", make_case_key, destroy_case_key),
        ("poll_keys", make_poll_key, destroy_poll_key),
        ("community_keys", make_community_key, destroy_community_key),
        ("drafts", keep_draft, drop_draft),
        ("drafts", keep_draft, drop_drafts),
        ("daily_keys", make_daily, forget_daily),
    ],
)
async def test_what_is_destroyed_leaves_no_dead_row_in_the_tables_file(
    on_postgres: AsyncEngine, table: str, make: Act, destroy: Act
) -> None:
    """The last row gone, the table's file is empty: a dead one would hold its page."""
    keys, secret = SqlKeys(on_postgres), wrapped()
    await make(keys, secret)
    assert secret in await heap(on_postgres, table)  # the control
    await destroy(keys, secret)
    assert await heap(on_postgres, table) == b""


async def test_a_draft_that_was_replaced_is_taken_away_by_the_next_scrub(
    on_postgres: AsyncEngine,
) -> None:
    keys, first = SqlKeys(on_postgres), wrapped()
    await keys.keep_draft(TOKEN, first, SLOT)
    await keys.keep_draft(TOKEN, wrapped(), SLOT)
    assert await dead(on_postgres, True, "drafts") == 1
    await scrub(on_postgres)
    assert await dead(on_postgres, False, "drafts") == 0
