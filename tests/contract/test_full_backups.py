"""A disk that gets full, or a server that goes away, while a backup is made or brought back or keys are
rotated: one sentence that says what to do, nothing half that passes for whole, a bot that goes on, and a
next attempt that works."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from bot import rotation
from bot.ports import Noted
from bot.rotation import Phase
from bot.settings import Backups, CannotStart, Where
from bot.wiring import groundswell
from storage import copying, rewrapping
from storage.copying import Row
from storage.engine import open_engine
from storage.schema import Chain, upgrade
from storage.tables import tombstones
from tests.contract.test_full_disk import no_room
from tests.fakes import forked
from tests.fakes.acts import Acts, forgotten
from tests.fakes.backed import KEEP, RECIPIENT, SECRET, backed_up, heard, nothing_in, restored
from tests.fakes.cramped import room
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import MONDAY, US, HandClock, KeptLog, KeptPost, World, folders, new_world
from tests.proofs.scale import SCALE

#: Names of keys, so many that the key store's backup is the larger one; spelled so that they take more
#: there than in a database.
DESTROYED = [f"{n:016}" + "\x01" * 16 for n in range(10_000)]


@dataclass
class Living:
    """A bot in a folder with its settings, on one kind of database; ``receipt``: of a case there."""

    root: Path
    world: World
    receipt: str
    server: Postgres | None
    stack: AsyncExitStack

    async def says(self, *words: str, room: int | None = None, cwd: Path | None = None) -> str:
        """The one sentence with which a command refuses; "" where it works."""
        first = ("bot",) if room is None else ("tests.fakes.cramped", str(room))
        done = await asyncio.to_thread(forked.ran, *first, *words, cwd=cwd or self.root)
        if not done.returncode:
            return ""
        assert done.returncode == 2, done.stderr
        (sentence,) = [line for line in done.stderr.splitlines() if not line.endswith(" rows")]
        assert sentence.endswith(".")
        return sentence

    async def elsewhere(self, name: str) -> Where:
        """New databases with the key files of this one, and settings."""
        new = folders(self.root / name)
        shutil.rmtree(self.root / name, ignore_errors=True)
        new.data.mkdir(parents=True)
        new.keys.mkdir(mode=0o700)
        for file in self.world.where.keys.glob("*.key"):
            shutil.copy(file, new.keys)
        if self.server is not None:
            made = [await self.stack.enter_async_context(self.server.database()) for _ in "ab"]
            new = Where(new.data, new.keys, *made)
        settle(new, self.root / name)
        return new

    async def opens(self, where: Where, *receipts: str) -> bool:
        clock, post = HandClock(self.world.clock.now()), KeptPost()
        async with groundswell(
            where, US, {"sandbox": post}, clock, SystemChance(), KeptLog()
        ) as bot:
            acts = Acts(World(bot, where, clock, SystemChance(), KeptLog(), post))
            return not any([forgotten(await acts.visit("somebody", one)) for one in receipts])


def settle(where: Where, folder: Path) -> None:
    told = {
        "instance": {"name": "Harbour", "operator": "us", "data_dir": str(where.data)},
        "keys": {"dir": str(where.keys), "url": where.key_store},
        "database": {"url": where.database},
        "backup": {"to": "full", "recipient": RECIPIENT},
        "sandbox": {},
    }
    lines = []
    for section, values in told.items():
        lines += [
            f"[{section}]",
            *(f"{name} = {json.dumps(value)}" for name, value in values.items()),
        ]
    (folder / "groundswell.toml").write_text("\n".join(lines))
    (folder / "backup.secret").write_text(SECRET)


@asynccontextmanager
async def living_on(root: Path, server: Postgres | None) -> AsyncIterator[Living]:
    async with AsyncExitStack() as stack:
        where = folders(root)
        if server is not None:
            where = await stack.enter_async_context(installation(server, root))
        world = await stack.enter_async_context(new_world(where, chance=SystemChance()))
        settle(where, root)
        receipt = await Acts(world).file("worker")
        await world.slot()
        await bury(where, DESTROYED[:2000])
        yield Living(root, world, receipt, server, stack)


@pytest.fixture(params=["sqlite", "postgresql"])
async def living(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Living]:
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    async with living_on(tmp_path, server) as made:
        yield made


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[Living]:
    async with living_on(tmp_path, None) as made:
        yield made


@pytest.fixture
async def on_postgresql(tmp_path: Path, postgres: Postgres) -> AsyncIterator[Living]:
    async with living_on(tmp_path, postgres) as made:
        yield made


async def bury(where: Where, names: Sequence[str]) -> None:
    engine = open_engine(where.key_store)
    async with engine.begin() as run:
        await run.execute(tombstones.insert(), [{"id": id, "slot": MONDAY} for id in names])
    await engine.dispose()


async def sizes(living: Living) -> Sequence[int]:
    """Of a backup's two files, the database's first and the key store's larger."""
    await bury(living.world.where, DESTROYED[2000:])
    files = await backed_up(living.world.where, living.root / "whole", MONDAY)
    return [file.stat().st_size for file in files]


# A backup ---------------------------------------------------------------------------------------


async def test_a_backup_without_room_leaves_nothing_and_the_bot_goes_on(living: Living) -> None:
    receipts, acts = [living.receipt], Acts(living.world)
    database, keys = await sizes(living)
    assert database < keys
    for n, size in enumerate((0, database - 1, keys - 1)):
        said, receipt = await asyncio.gather(
            living.says("backup", room=size), acts.file(f"writer {n}")
        )
        assert "could not be written" in said
        assert "make room or name another folder, and try again." in said
        assert list((living.root / "full").iterdir()) == [], size
        receipts.append(receipt)
    assert await living.says("backup") == ""
    new = await living.elsewhere("new")
    await restored(new, living.root / "full", SystemClock().now())  # as the command made it
    assert await living.opens(new, *receipts)


async def test_a_bot_that_has_no_room_for_its_own_says_so_goes_on_and_makes_the_next(
    living: Living,
) -> None:
    """No file of its process grows beyond a byte less than the backup would take."""
    where, world = living.world.where, living.world
    size, plan = (await sizes(living))[1] - 1, Backups(living.root / "copies", RECIPIENT, KEEP, 6)
    async with groundswell(
        replace(where, backups=plan), US, {}, world.clock, SystemChance(), world.log
    ) as bot:
        with room(size):
            await bot.heartbeat.tick()
            receipt = await Acts(world).file("somebody else")
        warned = (Noted.WARNED, {"kind": "backup", "place": "every"})
        told = [one for one in world.log.lines if one[0] in (Noted.WARNED, Noted.BUG)]
        assert told == [warned]
        assert list(plan.to.iterdir()) == []
        if living.server is None:
            await bot.heartbeat.tick()
            assert (where.keys / "keys.db-wal").stat().st_size == 0  # nobody reads there still
        world.clock.move(timedelta(hours=6))
        await bot.heartbeat.tick()
    assert len(list(plan.to.iterdir())) == 2
    new = await living.elsewhere("new")
    await restored(new, plan.to, world.clock.now())
    assert await living.opens(new, living.receipt, receipt)


# A restore --------------------------------------------------------------------------------------

LEAST = 1000 if SCALE >= 1 else 64_000  #: bytes of room, after none at all
NO_ROOM = "The database cannot keep the backup: see that it runs and has room"


async def test_a_restore_without_room_is_nothing_and_works_when_there_is(
    on_sqlite: Living,
) -> None:
    """In steps, from no room at all to as much as it takes."""
    assert await on_sqlite.says("backup") == ""
    words = ("restore", str(on_sqlite.root / "full"), "--secret", "backup.secret")
    left, size, said = set(), 0, "none yet"
    while said:
        new, room, size = await on_sqlite.elsewhere("new"), size, size * 3 or LEAST
        said = await on_sqlite.says(*words, room=room, cwd=on_sqlite.root / "new")
        if said:
            assert "has room" in said
            half = (await nothing_in(new.database), await nothing_in(new.key_store))
            if half in left and SCALE < 1:
                continue
            left.add(half)
            if half == (True, False):
                with pytest.raises(CannotStart, match="stopped half way is to be run again"):
                    await on_sqlite.opens(new)
            assert await on_sqlite.says(*words, cwd=on_sqlite.root / "new") == ""
    assert await on_sqlite.opens(new, on_sqlite.receipt)
    assert size > 2**16
    assert left == {(True, True), (True, False)}


@pytest.mark.parametrize("chain", [*Chain])
async def test_a_restore_into_a_server_without_room_is_nothing_and_works_when_there_is(
    on_postgresql: Living, chain: Chain
) -> None:
    await sizes(on_postgresql)
    new, backups = await on_postgresql.elsewhere("new"), on_postgresql.root / "whole"
    url = new.database if chain is Chain.MAIN else new.key_store
    engine = open_engine(url)
    await upgrade(engine, chain)
    async with no_room(engine, "cases" if chain is Chain.MAIN else "case_keys"):
        with pytest.raises(CannotStart, match=NO_ROOM):
            await restored(new, backups, MONDAY)
        assert await nothing_in(new.database)
        assert await nothing_in(new.key_store)
    await engine.dispose()
    await restored(new, backups, MONDAY)
    assert await on_postgresql.opens(new, on_postgresql.receipt)


# A server that goes away ------------------------------------------------------------------------


async def cut(server: Postgres) -> None:
    """Every line to a database of ours."""
    await server.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'groundswell_%'"
    )


async def test_a_server_that_cuts_a_backup_off_is_a_sentence_and_the_next_is_made(
    on_postgresql: Living, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    to, rows = on_postgresql.root / "copies", copying.rows

    async def cut_off(connection: AsyncConnection, table: Table) -> AsyncIterator[Sequence[Row]]:
        if table.name == "tombstones":  # late: the database's file is written by then
            await cut(postgres)
        async for page in rows(connection, table):
            yield page

    monkeypatch.setattr(copying, "rows", cut_off)
    with pytest.raises(
        CannotStart, match="cannot be read just now: see that it runs, and try again"
    ):
        await backed_up(on_postgresql.world.where, to, MONDAY)
    assert list(to.iterdir()) == []
    monkeypatch.undo()
    await backed_up(on_postgresql.world.where, to, MONDAY)
    new = await on_postgresql.elsewhere("new")
    await restored(new, to, MONDAY)
    assert await on_postgresql.opens(new, on_postgresql.receipt)


@pytest.mark.parametrize("table", ["case_keys", "staff"])
async def test_a_server_that_cuts_a_restore_off_is_a_sentence_and_the_next_is_whole(
    on_postgresql: Living, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    await sizes(on_postgresql)
    new, backups, put = (
        await on_postgresql.elsewhere("new"),
        on_postgresql.root / "whole",
        copying.put,
    )

    async def cut_off(connection: AsyncConnection, to: Table, rows: Sequence[Row]) -> None:
        if to.name == table:
            await cut(postgres)
        await put(connection, to, rows)

    monkeypatch.setattr(copying, "put", cut_off)
    with pytest.raises(CannotStart, match=NO_ROOM):
        await restored(new, backups, MONDAY)
    monkeypatch.undo()
    assert await nothing_in(new.database)
    assert await nothing_in(new.key_store)
    await restored(new, backups, MONDAY)
    assert await on_postgresql.opens(new, on_postgresql.receipt)


async def test_a_server_that_goes_away_in_a_rotation_is_a_sentence_and_the_next_run_ends_it(
    on_postgresql: Living, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, change = on_postgresql.world.where, rewrapping.change

    async def rotate() -> None:
        async with rotation.opened(where) as ours:
            if await ours.look() is Phase.NONE:
                await ours.make()
                await ours.look()
                await ours.use()
                await ours.look()
            await ours.finish(heard)

    async def gone(*given: Any) -> None:
        postgres.go_away()
        await change(*given)

    monkeypatch.setattr(rewrapping, "change", gone)
    try:
        with pytest.raises(CannotStart, match="run this again: it goes on where it was"):
            await rotate()
    finally:
        postgres.come_back()
    monkeypatch.undo()
    assert await on_postgresql.opens(where, on_postgresql.receipt)
    await rotate()
    assert [file.name for file in where.keys.glob("case-keys*")] == ["case-keys-2.key"]
    assert await on_postgresql.opens(where, on_postgresql.receipt)


# A rotation -------------------------------------------------------------------------------------


async def test_a_rotation_without_room_is_a_sentence_and_the_next_run_goes_on(
    tmp_path: Path,
) -> None:
    """On SQLite, from no room at all to as much as it takes: the bot starts and opens all after each."""
    async with living_on(tmp_path, None) as living:
        where, receipt, size, said = living.world.where, living.receipt, 0, "none yet"
        saved = shutil.copytree(where.keys, tmp_path / "saved")
        data = shutil.copytree(where.data, tmp_path / "saved data")
    while said:
        for folder, of in ((where.keys, saved), (where.data, data)):
            shutil.rmtree(folder)
            shutil.copytree(of, folder)
        said = await living.says("keys", "rotate", room=size)
        if said:
            assert "room" in said
            assert await living.opens(where, receipt)
            assert await living.says("keys", "rotate") == ""
        assert [file.name for file in where.keys.glob("case-keys*")] == ["case-keys-2.key"]
        assert await living.opens(where, receipt)
        size = size * (8 if SCALE >= 1 else 64) or LEAST
    assert size > 2**16


async def test_a_new_key_file_without_room_is_a_sentence_and_the_next_run_makes_it(
    on_postgresql: Living,
) -> None:
    """Where the databases have all the room."""
    where = on_postgresql.world.where
    said = await on_postgresql.says("keys", "rotate", room=0)
    assert "there is room, and run this again: it goes on where it was." in said
    assert [file.name for file in where.keys.glob("case-keys*.key")] == ["case-keys-1.key"]
    assert await on_postgresql.says("keys", "rotate") == ""
    assert await on_postgresql.says("keys", "rotate", "--yes") == ""
    assert [file.name for file in where.keys.glob("case-keys*")] == ["case-keys-2.key"]
    assert await on_postgresql.opens(where, on_postgresql.receipt)
