"""Killed: whoever backs up, restores or rotates keys is killed anywhere, and whoever comes next goes on.

Shows, on SQLite and PostgreSQL, with SIGKILL before and behind statements, commits and changes of files
in turn: a backup that has its name is whole, and no database's has one without its keys; a restore is all
or nothing: where only the key store is there no bot starts on it, and the same command brings it to its
end, also before the server knows that anybody died; after any part of a rotation a bot starts, every key
and receipt opens, and the next run ends it, on PostgreSQL beside that bot. Does not show: power lost under
the disk's own cache. Control: the deaths are seen to leave half a file, nothing at all, a key store without
its database, and keys of which some are wrapped anew and some are not.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.chance import SystemChance
from adapters.vault import vault_in
from bot import rotation
from bot.ports import Wrapped
from bot.rotation import Phase
from bot.settings import CannotStart, Where
from bot.wiring import groundswell
from storage.rewrapping import IN_KEY_STORE
from storage.tables import key_metadata
from tests.fakes.acts import Acts, forgotten
from tests.fakes.backed import backed_up, heard, lines, nothing_in, restored
from tests.fakes.dying import deaths
from tests.fakes.grounds import Ground
from tests.fakes.world import MONDAY, US, HandClock, KeptLog, KeptPost, World, new_world
from tests.proofs.opening import rows_of
from tests.proofs.scale import SCALE

LATER = MONDAY + timedelta(hours=3)


FEW = 4 if SCALE < 1 else 50  #: points that are tried, of each, where a server makes each take long
EVERY = FEW if SCALE < 1 else 150


@dataclass(frozen=True)
class Life:
    """Two cases with their receipts, and a backup of them, all at rest."""

    ground: Ground
    backups: Path
    receipts: tuple[str, str]

    @property
    def few(self) -> int:
        return EVERY if self.ground.server is None else FEW


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Life:
    root = tmp_path_factory.mktemp("lived")
    ours = request.param == "sqlite"
    ground = Ground(root, None if ours else request.getfixturevalue("postgres"))
    where = ground.begun()

    async def live() -> tuple[str, str]:
        async with new_world(where, chance=SystemChance()) as world:
            first = await Acts(world).file("worker")
            await world.slot()
            second = await Acts(world).file("other")
        await backed_up(where, root / "backups", LATER)
        return first, second

    return Life(ground, root / "backups", asyncio.run(live()))


def everything(where: Where) -> Any:
    async def all_() -> Any:
        return await rows_of(where.database), await rows_of(where.key_store, key_metadata)

    return asyncio.run(all_())


@asynccontextmanager
async def started(where: Where) -> AsyncIterator[World]:
    """A bot on it, as an operator would start one next."""
    clock, chance, log, post = HandClock(LATER), SystemChance(), KeptLog(), KeptPost()
    async with groundswell(where, US, {"sandbox": post}, clock, chance, log) as bot:
        yield World(bot, where, clock, chance, log, post)


async def opens(world: World, *receipts: str) -> bool:
    return not any([forgotten(await Acts(world).visit("somebody", one)) for one in receipts])


# Backup -----------------------------------------------------------------------------------------


def test_a_backup_that_has_its_name_is_whole(life: Life, tmp_path: Path) -> None:
    where, to, before = life.ground.lived, tmp_path / "backups", everything(life.ground.lived)

    async def work() -> None:
        await backed_up(where, to, LATER)

    left = []
    for at in deaths(work, lambda: None, life.few):
        left.append(sorted(file.suffix for file in to.iterdir()) if to.exists() else [])
        for file in to.glob("groundswell-*"):
            *_, end = lines(file, where.keys)
            assert "rows" in end, at
            assert file.with_suffix(".keys").exists(), at
    asyncio.run(work())
    assert any(".new" in some for some in left)
    assert list(to.glob(".*")) == []  # what the dead left was taken away by who came next
    life.ground.quiet()
    assert everything(where) == before


# Restore ----------------------------------------------------------------------------------------


def test_a_restore_is_all_or_nothing_and_can_be_repeated(life: Life, tmp_path: Path) -> None:
    new, full, left = life.ground.emptied(tmp_path / "new"), everything(life.ground.lived), set()

    async def work() -> None:
        await restored(new, life.backups, LATER, verify=False)

    def from_nothing() -> None:
        life.ground.emptied(tmp_path / "new")

    for at in deaths(work, from_nothing, life.few):
        if at // 2 % 2:  # else whoever comes next comes at once
            life.ground.quiet()
        left.add(found := asyncio.run(there(new)))
        if found == (False, True):
            asyncio.run(no_bot_starts_on(new))
        with suppress(CannotStart):  # it was killed when all was done
            asyncio.run(work())
        now = everything(new)
        for side, table in ((0, "cases"), (0, "waiting"), (0, "staff"), (1, "case_keys")):
            assert now[side][table] == full[side][table], at
            assert now[side][table]
    assert asyncio.run(lives_on(new, life.receipts))
    assert (False, False) in left
    assert (True, False) not in left
    assert (False, True) in left  # the key store first


async def there(where: Where) -> tuple[bool, bool]:
    """Whether anything is in the database, and in the key store."""
    return not await nothing_in(where.database), not await nothing_in(where.key_store)


async def no_bot_starts_on(half: Where) -> None:
    with pytest.raises(CannotStart, match="A restore that was stopped half way is to be run again"):
        async with started(half):
            pass


async def lives_on(where: Where, receipts: tuple[str, ...]) -> bool:
    """Whether a bot that is started there has them all, and takes another."""
    async with started(where) as world:
        return await opens(world, *receipts, await Acts(world).file("somebody else"))


# Rotation ---------------------------------------------------------------------------------------


def epochs(where: Where) -> Iterator[int]:
    """Of every key, the file that wraps it; each opens with the files that lie there."""
    vault = vault_in(where.keys, SystemChance())
    found = everything(where)[1]
    for table, name in IN_KEY_STORE.items():
        for row in found[table.name]:
            id, of = name(type("Row", (), row))
            vault.unwrap(id, Wrapped(row["wrapped"]), of)
            yield row["wrapped"][0]


def test_a_rotation_goes_on_where_it_was(life: Life, tmp_path: Path) -> None:
    where = life.ground.again(tmp_path / "new")
    every, left = len([*epochs(where)]), set()

    async def rotate() -> None:
        async with rotation.opened(where) as ours:
            phase = await ours.look()
            if phase is Phase.NONE:
                await ours.make()
                phase = await ours.look()
            if phase is Phase.MADE:
                await ours.use()
                await ours.look()
            await ours.finish(heard)

    async def rotate_beside_a_bot() -> None:
        """Which may have to be asked twice: then it has looked for the new file."""
        async with started(where) as world:
            await world.tick()
            await rotate()
            await Acts(world).preview("somebody")
            assert await opens(world, *life.receipts)

    for at in deaths(rotate, lambda: void(life.ground.again(tmp_path / "new")), life.few):
        left.add(frozenset(epochs(where)))
        if at // 2 % 2:
            life.ground.quiet()
        assert len([*epochs(where)]) == every > 2, at
        assert asyncio.run(lives_on(where, life.receipts)), at
        asyncio.run(rotate() if life.ground.server is None else rotate_beside_a_bot())
        assert set(epochs(where)) in ({2}, {3}), at
        assert [file.name for file in where.keys.glob("case-keys*")] in (
            ["case-keys-2.key"],
            ["case-keys-3.key"],  # killed behind its end: the next run is another rotation
        )
    assert {frozenset({1}), frozenset({2})} <= left
    assert SCALE < 1 or frozenset({1, 2}) in left


def void(_: Where) -> None:
    """Nothing more."""
