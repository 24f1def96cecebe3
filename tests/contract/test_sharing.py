"""What SQLite promises of transactions of one statement, which share their commits."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, bindparam, column, insert, select, table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.errors import CannotSave
from storage import files, sharing, trips
from storage.asking import ask
from storage.engine import single, transaction
from tests.contract.conftest import opened

MANY = 16
THINGS = table("things", column("name", Text))
NAME, NAMES = bindparam("name"), bindparam("names", expanding=True)
ADD = insert(THINGS).values(name=NAME).returning(THINGS.c.name)
ADD_TWO = text("INSERT INTO things VALUES ('first of two'), (:name)")
ALL = select(THINGS.c.name).order_by(THINGS.c.name)
AMONG = ALL.where(THINGS.c.name.in_(NAMES))


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A file with a table of names, each of which is there once."""
    async with opened(f"sqlite+aiosqlite:///{tmp_path}/small.db") as engine:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE things (name TEXT UNIQUE)"))
        yield engine


@contextmanager
def beside(folder: Path) -> Iterator[sqlite3.Connection]:
    """As another process sees it."""
    with closing(sqlite3.connect(folder / "small.db", isolation_level=None, timeout=0)) as other:
        yield other


def there(folder: Path) -> set[str]:
    with beside(folder) as other:
        return {name for (name,) in other.execute("SELECT name FROM things")}


async def asked(engine: AsyncEngine, statement: Any, **given: Any) -> Sequence[Any]:
    async with transaction(single(engine)) as run:
        return await ask(run, statement, given)


async def driver(engine: AsyncEngine) -> trips.Connection:
    async with engine.connect() as connection:
        found: trips.Connection = (await connection.get_raw_connection()).driver_connection
    return found


async def set_to(engine: AsyncEngine, pragma: str) -> None:
    await (await driver(engine)).beside("", then=f"PRAGMA {pragma}")


@asynccontextmanager
async def held_up(engine: AsyncEngine) -> AsyncIterator[None]:
    """Its thread does nothing meanwhile."""
    gate = threading.Event()
    (await driver(engine))._put(lambda: gate.wait() and None)
    try:
        yield
    finally:
        gate.set()


async def at_once(engine: AsyncEngine, *words: tuple[Any, str]) -> "list[asyncio.Task[Any]]":
    """All of them stand in line before the first is looked at."""
    async with held_up(engine):
        tasks = [asyncio.create_task(asked(engine, one, name=name)) for one, name in words]
        await asyncio.sleep(0)
    await asyncio.wait(tasks)
    return tasks


async def test_whoever_asks_meanwhile_shares_one_commit(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    names = [f"name {n}" for n in range(MANY)]
    heard: list[str] = []
    (await driver(engine))._conn.set_trace_callback(heard.append)
    tasks = await at_once(engine, *((ADD, name) for name in names))
    assert [list(task.result()) for task in tasks] == [[(name,)] for name in names]
    begin, *between, commit = heard
    assert (begin, commit) == ("BEGIN IMMEDIATE", "COMMIT")
    assert len(between) == len([one for one in between if one.startswith("INSERT")]) == MANY
    assert there(tmp_path) == set(names)


async def test_one_that_fails_takes_no_other_with_it(engine: AsyncEngine, tmp_path: Path) -> None:
    await asked(engine, ADD, name="old")
    words = [(ADD, "before"), (ADD_TWO, "old"), (ADD, "old"), (text("no SQL"), ""), (ADD, "after")]
    before, two, one, wrong, after = await at_once(engine, *words)
    assert list(before.result()) + list(after.result()) == [("before",), ("after",)]
    for task, problem in ((two, sqlite3.IntegrityError), (one, sqlite3.IntegrityError)):
        assert isinstance(task.exception(), problem)
    assert isinstance(wrong.exception(), CannotSave)
    assert there(tmp_path) == {"old", "before", "after"}


async def test_where_sqlite_undoes_all_of_them_each_goes_by_itself(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    await set_to(engine, "max_page_count = 12")
    line = (await driver(engine))._conn
    add = text("INSERT INTO things VALUES (:name)")
    words = [(ADD, "before"), (add, "x" * 200_000), (ADD, "after")]
    line.set_trace_callback((heard := list[str]()).append)
    before, large, after = await at_once(engine, *words)
    assert isinstance(large.exception(), CannotSave)
    assert list(before.result()) + list(after.result()) == [("before",), ("after",)]
    assert there(tmp_path) == {"before", "after"}
    assert len([one for one in heard if "before" in one]) == 2, "it was undone, and went again"


async def test_nobody_is_answered_before_the_commit(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    commit = sharing._commit

    def watched(line: sqlite3.Connection) -> None:
        seen.append({task.get_name() for task in tasks if task.done()} | there(tmp_path))
        commit(line)

    monkeypatch.setattr(sharing, "_commit", watched)
    tasks: list[asyncio.Task[Any]] = []

    async def one(name: str) -> None:
        await asked(engine, ADD, name=name)
        assert name in there(tmp_path)

    async with held_up(engine):
        tasks += [asyncio.create_task(one(f"name {n}"), name=str(n)) for n in range(MANY)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert seen == [set()]


async def test_where_the_commit_fails_nobody_is_told_that_it_went(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(line: sqlite3.Connection) -> None:
        line.execute("PRAGMA query_only = ON")  # nothing goes any more, alone either
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(sharing, "_commit", fails)
    tasks = await at_once(engine, *((ADD, f"name {n}") for n in range(MANY)))
    assert all(isinstance(task.exception(), CannotSave) for task in tasks)
    assert there(tmp_path) == set()
    await set_to(engine, "query_only = OFF")
    await asked(engine, ADD, name="again")
    assert there(tmp_path) == {"again"}


async def test_while_another_process_writes_all_wait_and_whoever_reads_does_not(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    await asked(engine, ADD, name="old")
    with beside(tmp_path) as other:
        other.execute("BEGIN IMMEDIATE")
        tasks = [asyncio.create_task(asked(engine, ADD, name=f"name {n}")) for n in range(MANY)]
        assert list(await asked(engine, ALL)) == [("old",)]
        assert not any(task.done() for task in tasks)
        other.execute("COMMIT")
    await asyncio.gather(*tasks)
    assert len(there(tmp_path)) == MANY + 1


async def test_where_another_process_does_not_end_all_are_refused_at_once(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    await set_to(engine, "busy_timeout = 0")
    with beside(tmp_path) as other:
        other.execute("BEGIN IMMEDIATE")
        adds = await at_once(engine, *((ADD, f"name {n}") for n in range(MANY)))
        problems = [task.exception() for task in adds]
        assert all(isinstance(one, CannotSave) for one in problems)
        assert len({id(one.__cause__) for one in problems if one}) == MANY, "each its own"
        other.execute("COMMIT")
    await asked(engine, ADD, name="after")
    assert there(tmp_path) == {"after"}


async def test_what_goes_between_somebody_else_s_statements_is_neither_kept_nor_undone_with_them(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    with pytest.raises(LookupError):
        async with transaction(engine) as run:
            await run.execute(text("INSERT INTO things VALUES ('undone')"))
            alone = asyncio.create_task(asked(engine, ADD, name="kept"))
            reads = asyncio.create_task(asked(engine, ALL))
            await run.execute(text("SELECT 1"))
            raise LookupError
    await alone
    assert list(await reads) in ([], [("kept",)]), "nothing that was never committed"
    assert there(tmp_path) == {"kept"}


async def test_who_stands_in_line_is_answered_also_where_the_connection_ends(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        async with transaction(engine) as run:
            await run.execute(text("INSERT INTO things VALUES ('given up')"))
            begun.set()
            await run.execute(
                text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000)"
                     " SELECT count(*) FROM n")
            )  # fmt: skip

    for n in range(5):
        begun.clear()
        task = asyncio.create_task(slow())
        await begun.wait()
        waits = [asyncio.create_task(asked(engine, ADD, name=f"{n} {m}")) for m in range(3)]
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(*waits)
        await asyncio.wait([task])
        assert task.cancelled()
    assert there(tmp_path) == {f"{n} {m}" for n in range(5) for m in range(3)}


async def test_whoever_gives_up_is_left_out_and_the_others_go(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with held_up(engine):
        tasks = [asyncio.create_task(asked(engine, ADD, name=f"name {n}")) for n in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.wait([tasks[1]])
    await asyncio.gather(*tasks, return_exceptions=True)
    assert there(tmp_path) == {"name 0", "name 2", "name 3"}


async def test_nobody_waits_for_ever_behind_somebody_s_transaction(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0)
    async with transaction(engine) as run:
        await run.execute(text("SELECT 1"))
        with pytest.raises(CannotSave):
            await asked(engine, ADD, name="too long")
    await asked(engine, ADD, name="later")
    assert there(tmp_path) == {"later"}


async def test_a_file_that_was_closed_is_opened_again(engine: AsyncEngine, tmp_path: Path) -> None:
    for n in range(3):
        await asked(engine, ADD, name=f"name {n}")
        await engine.dispose()
    assert len(there(tmp_path)) == 3


async def test_a_file_that_cannot_be_opened_is_a_refusal(tmp_path: Path) -> None:
    async with opened(f"sqlite+aiosqlite:///{tmp_path}/nowhere/small.db") as engine:
        with pytest.raises(CannotSave):
            await asked(engine, ALL)


async def test_of_a_list_there_may_be_any_number(engine: AsyncEngine) -> None:
    for name in ("a", "b", "c"):
        await asked(engine, ADD, name=name)
    for names in ([], ["b"], ["c", "a", "none"], ["a"]):
        found = await asked(engine, AMONG, names=names)
        assert [name for (name,) in found] == sorted({*names} & {"a", "b", "c"})


async def test_sqlalchemy_can_be_spoken_to_as_well(engine: AsyncEngine, tmp_path: Path) -> None:
    async with transaction(single(engine)) as run:
        added = await run.execute(ADD, {"name": "one"})
        assert added.scalars().all() == ["one"]
        assert there(tmp_path) == {"one"}
    with pytest.raises(DBAPIError):
        async with transaction(single(engine)) as run:
            await run.execute(ADD, {"name": "one"})
    assert [name for (name,) in await asked(engine, ALL)] == ["one"]
