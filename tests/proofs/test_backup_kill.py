"""Killed: whoever backs up, restores or rotates keys is killed anywhere, and whoever comes next goes on.

Shows, with SIGKILL at statements, commits and changes of files in turn: a file that has its name is
whole; a database is empty or all there, and the same command brings it to its end; after any part of a
rotation every key still opens, and the next run ends it. Does not show: power lost under the disk's own
cache. Control: the deaths are seen to leave half a
file, nothing at all, and at full scale a key store without its database.
"""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from adapters.chance import SystemChance
from adapters.vault import vault_in
from bot import rotation
from bot.ports import Wrapped
from bot.rotation import Phase
from bot.settings import CannotStart, Where
from storage.copying import empty
from storage.engine import open_engine
from storage.rewrapping import IN_KEY_STORE
from storage.tables import key_metadata
from tests.fakes.acts import Acts
from tests.fakes.backed import backed_up, heard, lines, restored
from tests.fakes.dying import deaths
from tests.fakes.world import MONDAY, folders, new_world
from tests.proofs.opening import rows_of
from tests.proofs.scale import SCALE


def few(here: int, full: int) -> int:
    """How many points are tried."""
    return full if SCALE >= 1 else here


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with two cases and a backup of it, all at rest."""
    root = tmp_path_factory.mktemp("lived")

    async def live() -> None:
        async with new_world(folders(root), chance=SystemChance()) as world:
            await Acts(world).file("worker")
            await world.slot()
            await Acts(world).file("other")
        await backed_up(folders(root), root / "backups", MONDAY)

    asyncio.run(live())
    return root


def everything(where: Where) -> Any:
    async def all_() -> Any:
        return await rows_of(where.database), await rows_of(where.key_store, key_metadata)

    return asyncio.run(all_())


def test_a_backup_that_has_its_name_is_whole(lived: Path, tmp_path: Path) -> None:
    where, to = folders(lived), tmp_path / "backups"

    async def work() -> None:
        await backed_up(where, to, MONDAY)

    left = []
    for _ in deaths(work, lambda: None, few(4, 60)):
        left.append(sorted(file.suffix for file in to.iterdir()) if to.exists() else [])
        for file in to.glob("groundswell-*"):
            *_, end = lines(file, where.keys)
            assert "rows" in end
    asyncio.run(work())
    assert any(".new" in some for some in left)
    assert list(to.glob(".*")) == []  # what the dead left was taken away by who came next


def test_a_restore_is_all_or_nothing_and_can_be_repeated(lived: Path, tmp_path: Path) -> None:
    new, full, left = folders(tmp_path / "new"), everything(folders(lived)), set()

    def from_nothing() -> None:
        shutil.rmtree(new.data.parent, ignore_errors=True)
        new.keys.mkdir(mode=0o700, parents=True)
        for file in (lived / "keys").glob("*.key"):
            shutil.copy(file, new.keys)

    async def work() -> None:
        await restored(new, lived / "backups", MONDAY, verify=False)

    for at in deaths(work, from_nothing, few(3, 1000)):
        left.add((asyncio.run(there(new.database)), asyncio.run(there(new.key_store))))
        with suppress(CannotStart):  # it was killed when all was done
            asyncio.run(work())
        found = everything(new)
        for side, table in ((0, "cases"), (0, "waiting"), (0, "staff"), (1, "case_keys")):
            assert found[side][table] == full[side][table], at
            assert found[side][table]
    assert (False, False) in left
    assert (True, False) not in left
    assert SCALE < 1 or (False, True) in left  # the key store first


async def there(url: str) -> bool:
    engine = open_engine(url)
    try:
        return not await empty(engine)
    finally:
        await engine.dispose()


def opens(where: Where) -> int:
    """How many keys there are; each opens with the files that lie there."""
    vault, count = vault_in(where.keys, SystemChance()), 0
    found = everything(where)[1]
    for table, name in IN_KEY_STORE.items():
        for row in found[table.name]:
            id, of = name(type("Row", (), row))
            vault.unwrap(id, Wrapped(row["wrapped"]), of)
            count += 1
    return count


def test_a_rotation_goes_on_where_it_was(lived: Path, tmp_path: Path) -> None:
    where, every = folders(tmp_path / "new"), opens(folders(lived))

    def from_before() -> None:
        shutil.rmtree(where.data.parent, ignore_errors=True)
        shutil.copytree(lived / "data", where.data)
        shutil.copytree(lived / "keys", where.keys)

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

    for at in deaths(rotate, from_before, few(4, 1000)):
        assert opens(where) == every > 2, at
        asyncio.run(rotate())
        assert opens(where) == every, at
        assert [file.name for file in where.keys.glob("case-keys*")] in (
            ["case-keys-2.key"],
            ["case-keys-3.key"],  # killed behind its end: the next run is another rotation
        )
