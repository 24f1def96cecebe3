"""A database and its key store are one pair for ever; what lay in an older one is brought along."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from alembic import command
from sqlalchemy import Connection, delete, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.settings import CannotStart
from storage.schema import Chain, fit, paired, same_keys, upgrade
from storage.tables import installation
from tests.contract.conftest import Backend, opened

FOREIGN = "The key store belongs to another database: put back the one made with this one."
NEW = (
    "This database is new, and the key store was used with another: bring that one back, with "
    "`groundswell restore` or as it was. A restore that was stopped half way is to be run again."
)
EMPTY = (
    "The key store is empty, and this database was used with one: put that one back, or nobody "
    "can read a case again."
)


@pytest.fixture
async def other(backend: Backend) -> AsyncIterator[AsyncEngine]:
    """Another database."""
    async with backend.database(Chain.MAIN) as url, opened(url) as engine:
        yield engine


@pytest.fixture
async def other_store(backend: Backend) -> AsyncIterator[AsyncEngine]:
    """Another key store."""
    async with backend.database(Chain.KEYS) as url, opened(url) as engine:
        yield engine


async def refusal(database: AsyncEngine, key_store: AsyncEngine) -> str:
    """What is said of two that do not belong together, by the start and by the look."""
    with pytest.raises(CannotStart) as started:
        await paired(database, key_store, b"m" * 16)
    with pytest.raises(CannotStart) as looked:
        await fit(database, key_store)
    assert str(started.value) == str(looked.value)
    return str(started.value)


async def facts(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        return set(await connection.scalars(text("SELECT name FROM installation")))


async def test_two_new_ones_become_a_pair_and_stay_one(
    database: AsyncEngine, key_store: AsyncEngine
) -> None:
    await fit(database, key_store)
    assert await facts(database) == await facts(key_store) == set()
    for mark in (b"a" * 16, b"b" * 16):
        await paired(database, key_store, mark)
        await fit(database, key_store)


async def test_an_empty_key_store_in_the_place_of_the_real_one_is_refused(
    database: AsyncEngine, key_store: AsyncEngine, other_store: AsyncEngine
) -> None:
    await paired(database, key_store, b"a" * 16)
    assert await refusal(database, other_store) == EMPTY
    assert await facts(other_store) == set()
    await paired(database, key_store, b"b" * 16)


async def test_the_key_store_of_another_database_is_refused(
    database: AsyncEngine,
    key_store: AsyncEngine,
    other: AsyncEngine,
    other_store: AsyncEngine,
) -> None:
    await paired(database, key_store, b"a" * 16)
    await paired(other, other_store, b"b" * 16)
    assert await refusal(database, other_store) == FOREIGN
    assert await refusal(other, key_store) == FOREIGN


async def test_a_new_database_on_a_key_store_in_use_is_refused(
    database: AsyncEngine, key_store: AsyncEngine, other: AsyncEngine
) -> None:
    """It would take all its keys for strays and destroy them."""
    await paired(database, key_store, b"a" * 16)
    assert await refusal(other, key_store) == NEW
    assert await facts(other) == set()


@pytest.mark.parametrize("lost", [{"taken"}, {"taken", "mark"}])
async def test_a_start_that_was_cut_off_is_gone_on_with(
    database: AsyncEngine, key_store: AsyncEngine, lost: set[str]
) -> None:
    """Killed before the key store knew that it was taken, or before the database had its mark."""
    await paired(database, key_store, b"a" * 16)
    async with key_store.begin() as store:
        await store.execute(delete(installation).where(installation.c.name == "taken"))
    if "mark" in lost:
        async with database.begin() as main:
            await main.execute(delete(installation).where(installation.c.name == "mark"))
    await paired(database, key_store, b"b" * 16)
    await fit(database, key_store)
    assert "taken" in await facts(key_store)


async def test_many_may_start_at_once_on_a_new_pair(
    database: AsyncEngine, key_store: AsyncEngine, other_store: AsyncEngine
) -> None:
    marks = (bytes([n]) * 16 for n in range(5))
    await asyncio.gather(*(paired(database, key_store, mark) for mark in marks))
    await fit(database, key_store)
    assert await refusal(database, other_store) == EMPTY


async def test_key_files_that_are_not_the_key_stores_are_refused(key_store: AsyncEngine) -> None:
    await same_keys(key_store, b"these files", "key store")
    with pytest.raises(CannotStart, match="belong to another key store"):
        await same_keys(key_store, b"other files", "key store")


# From an older schema ---------------------------------------------------------------------------

BEFORE = """
INSERT INTO communities (id, name, code, settings, revision, next_slot)
 VALUES ('c', 'Harbour', 'HARBOUR1', '{"language": "en", "zone": "UTC", "weekdays": [0], "at": "09:00", "categories": [], "members": 30, "first_answer_hours": 24, "outside_body": "", "on_duty": []}', 1, 1780304400);
INSERT INTO spaces (id, community, mark, platform, address, name, trust, rooms)
 VALUES ('s', 'c', CAST('m' AS BYTES), 'sandbox', 'harbour', 'Harbour', 'neutral', '{}');
INSERT INTO staff (id, community, roles, named, sealed_name)
 VALUES ('ines', 'c', '["rep"]', true, CAST('x' AS BYTES));
INSERT INTO accounts (mark, staff, sealed) VALUES (CAST('one' AS BYTES), 'ines', CAST('x' AS BYTES));
INSERT INTO accounts (mark, staff, sealed) VALUES (CAST('two' AS BYTES), 'ines', CAST('x' AS BYTES));
INSERT INTO outbox (id, community, notice, facts, staff, space, room, tries, next_try)
 VALUES ('00000000000000000000000000000001', 'c', 'case_waits', '{"by": "2026-06-02"}', 'ines', NULL, NULL, 2, 1780304400);
INSERT INTO outbox (id, community, notice, facts, staff, space, room, tries, next_try)
 VALUES ('00000000000000000000000000000002', 'c', 'staff', '{}', NULL, 's', 'staff', 0, 0);
INSERT INTO outbox (id, community, notice, facts, staff, space, room, tries, next_try)
 VALUES ('00000000000000000000000000000003', 'c', 'bulletin', '{}', NULL, 's', 'bulletin', 10, NULL)
"""


async def test_what_waited_to_be_said_before_the_upgrade_is_still_said(backend: Backend) -> None:
    def old(connection: Connection) -> None:
        config = Chain.MAIN.config
        config.attributes["connection"] = connection
        command.upgrade(config, "main0001")

    async with backend.database() as url, opened(url) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(old)
            blob = "BLOB" if backend.name == "sqlite" else "BYTEA"
            for line in BEFORE.replace("BYTES", blob).strip().split(";\n"):
                await connection.execute(text(line.replace(":", r"\:")))
        await upgrade(engine, Chain.MAIN)
        async with engine.connect() as connection:
            query = "SELECT destination, notice, fate, tries FROM outbox ORDER BY sequence"
            kept = {tuple(row) for row in await connection.execute(text(query))}
        assert kept == {
            (b"one".hex(), "case_waits", "waiting", 2),
            (b"two".hex(), "case_waits", "waiting", 2),
            ("s/staff", "staff", "waiting", 0),
            ("s/bulletin", "bulletin", "parked", 10),
        }
