"""A disk that gets full while a backup is made or brought back: one sentence that says what to do, nothing
half that passes for whole, a bot that goes on, and a next attempt that works."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from bot.ports import Noted
from bot.settings import Backups, CannotStart, Where
from bot.wiring import groundswell
from storage.engine import open_engine
from storage.schema import Chain, upgrade
from storage.tables import tombstones
from tests.contract.test_full_disk import no_room
from tests.fakes import forked
from tests.fakes.acts import Acts, forgotten
from tests.fakes.backed import KEEP, RECIPIENT, SECRET, backed_up, nothing_in, restored
from tests.fakes.cramped import room
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import MONDAY, US, HandClock, KeptLog, KeptPost, World, folders, new_world

#: Names of keys, so many that the key store's backup is the larger one; spelled so that they take more
#: there than in a database.
DESTROYED = [f"{n:016}" + "\x01" * 16 for n in range(2000)]


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
        engine = open_engine(where.key_store)
        async with engine.begin() as run:
            await run.execute(tombstones.insert(), [{"id": id, "slot": MONDAY} for id in DESTROYED])
        await engine.dispose()
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


async def sizes(living: Living) -> Sequence[int]:
    """Of a backup's two files, the database's first."""
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
    await restored(new, living.root / "full", living.world.clock.now())
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

NO_ROOM = "The database cannot keep the backup: see that it runs and has room"


async def test_a_restore_without_room_is_nothing_and_works_when_there_is(
    on_sqlite: Living,
) -> None:
    """In steps, from no room at all to as much as it takes."""
    assert await on_sqlite.says("backup") == ""
    words = ("restore", str(on_sqlite.root / "full"), "--secret", "backup.secret")
    left, size, said = set(), 0, "none yet"
    while said:
        new = await on_sqlite.elsewhere("new")
        said = await on_sqlite.says(*words, room=size, cwd=on_sqlite.root / "new")
        if said:
            assert "has room" in said
            left.add(half := (await nothing_in(new.database), await nothing_in(new.key_store)))
            if half == (True, False):
                with pytest.raises(CannotStart, match="stopped half way is to be run again"):
                    await on_sqlite.opens(new)
            assert await on_sqlite.says(*words, cwd=on_sqlite.root / "new") == ""
        size = size * 3 or 1000
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
