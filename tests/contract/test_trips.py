"""What SQLite's quicker driver promises: one trip a statement, and nothing else is different."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import single, transaction
from tests.contract.conftest import opened


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A file with one small table."""
    async with opened(f"sqlite+aiosqlite:///{tmp_path}/small.db") as engine:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, name)"))
        yield engine


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done in the connection's thread, by name."""
    made: list[str] = []
    plain = aiosqlite.Connection._execute

    async def counted(connection: aiosqlite.Connection, do: object, *words: object) -> object:
        made.append(do.__name__)
        return await plain(connection, do, *words)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    return made


async def test_a_statement_and_all_its_rows_are_one_trip(
    engine: AsyncEngine, trips: list[str]
) -> None:
    async with engine.begin() as connection:
        add = text("INSERT INTO things (name) VALUES (:name) RETURNING id")
        ids = [await connection.scalar(add, {"name": name}) for name in ("one", "two")]
        trips.clear()
        rows = (await connection.execute(text("SELECT id, name FROM things ORDER BY id"))).all()
        assert len(trips) == 1
    assert [tuple(row) for row in rows] == [(ids[0], "one"), (ids[1], "two")]


async def test_a_transaction_begins_with_its_first_statement_and_ends_once(
    engine: AsyncEngine, trips: list[str]
) -> None:
    trips.clear()
    async with engine.begin():
        pass
    assert trips == []
    async with engine.begin() as connection:
        await connection.execute(text("SELECT name FROM things"))
    assert trips == ["_all", "commit"]


async def test_a_transaction_of_one_statement_is_one_trip_and_kept(
    engine: AsyncEngine, trips: list[str], tmp_path: Path
) -> None:
    trips.clear()
    async with transaction(single(engine)) as run:
        await run.execute(text("INSERT INTO things VALUES (1, 'one')"))
        with closing(sqlite3.connect(tmp_path / "small.db")) as other:
            assert other.execute("SELECT id FROM things").fetchall() == [(1,)]
    async with transaction(single(engine)) as run:
        assert (await run.execute(text("SELECT id FROM things"))).all() == [(1,)]
    assert trips == ["_all", "_all"]


async def test_one_statement_that_fails_leaves_nothing_for_the_next_transaction(
    engine: AsyncEngine,
) -> None:
    add = text("INSERT INTO things VALUES (2, 'two'), (3, 'three'), (2, 'again')")
    with pytest.raises(IntegrityError):
        async with transaction(single(engine)) as run:
            await run.execute(add)
    with pytest.raises(LookupError):
        async with transaction(engine) as run:
            await run.execute(text("INSERT INTO things VALUES (4, 'four')"))
            raise LookupError
    async with transaction(single(engine)) as run:
        assert (await run.execute(text("SELECT id FROM things"))).all() == []


async def test_whoever_read_first_is_not_overtaken(engine: AsyncEngine, tmp_path: Path) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("SELECT name FROM things"))
        other = sqlite3.connect(tmp_path / "small.db", timeout=0)
        with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO things VALUES (1, 'one')")


async def test_of_several_rows_all_are_kept_or_none(engine: AsyncEngine) -> None:
    add = text("INSERT INTO things (id, name) VALUES (:id, 'x')")
    with pytest.raises(IntegrityError):
        async with engine.begin() as connection:
            await connection.execute(add, [{"id": 1}, {"id": 2}, {"id": 1}])
    async with engine.begin() as connection:
        assert (await connection.execute(text("SELECT id FROM things"))).all() == []


async def test_one_who_gives_up_at_any_moment_leaves_no_transaction_open(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async def add() -> None:
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO things (name) VALUES ('given up')"))

    async with engine.connect():
        pass  # so that the first of them need not open a connection
    for turns in range(12):
        adding = asyncio.create_task(add())
        for _ in range(turns):
            await asyncio.sleep(0)
        adding.cancel()
        await asyncio.wait([adding])
        await engine.dispose()
        with closing(sqlite3.connect(tmp_path / "small.db", timeout=0)) as other:
            other.execute("DELETE FROM things")
            other.commit()
    await asyncio.sleep(
        0.3
    )  # what was cut short still answers in its thread: to a loop that is there


async def test_it_says_how_many_rows_were_changed(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        names = [{"name": name} for name in ("one", "two", "three")]
        await connection.execute(text("INSERT INTO things (name) VALUES (:name)"), names)
        changed = await connection.execute(text("UPDATE things SET name = 'x' WHERE id > 1"))
        assert changed.rowcount == 2


async def test_what_goes_wrong_is_told_as_before_and_leaves_the_connection_usable(
    engine: AsyncEngine,
) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO things VALUES (1, 'one')"))
        with pytest.raises(IntegrityError):
            await connection.execute(text("INSERT INTO things VALUES (1, 'again')"))
        with pytest.raises(OperationalError):
            await connection.execute(text("SELECT * FROM nothing"))
        assert await connection.scalar(text("SELECT name FROM things")) == "one"


async def test_no_statement_stays_open_behind_its_rows(engine: AsyncEngine, tmp_path: Path) -> None:
    """An open one would hold a lock: nobody else could write, and no log be folded back."""
    async with engine.connect() as connection:
        await connection.rollback()
        driver = (await connection.get_raw_connection()).driver_connection
        cursor = driver.cursor()
        async with driver.execute("INSERT INTO things VALUES (1, 'one'), (2, 'two')"):
            pass
        await cursor.__aenter__()
        await cursor.execute("SELECT name FROM things")
        other = sqlite3.connect(tmp_path / "small.db", timeout=0)
        other.execute("INSERT INTO things VALUES (3, 'three')")
        other.commit()
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        other.close()
        assert await cursor.fetchall() == [("one",), ("two",)]


def test_a_file_that_cannot_be_opened_leaves_no_thread_behind(tmp_path: Path) -> None:
    async def opens() -> None:
        async with opened(f"sqlite+aiosqlite:///{tmp_path}/nowhere/small.db") as engine:
            with pytest.raises(OperationalError):
                await engine.connect()

    before = threading.active_count()
    for _ in range(20):  # it would be told so to a loop that is closed, now and then
        asyncio.run(opens())
        assert threading.active_count() == before
