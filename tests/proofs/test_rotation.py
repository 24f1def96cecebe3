"""Rotation: the key file that wraps all keys is changed while two machines work, and nothing is lost.

Shows, on PostgreSQL: a machine that has the new file goes on, and asks once more at most; one that was
never given it keeps nothing that could not be opened later: whoever writes there is told to try again,
nothing of theirs is lost, nothing is destroyed, and it is not started again; once it has the file it goes
on without a restart. Every receipt opens afterwards, with the new file alone. Does not show: a thief of
key store and old file together. Control: without the fence the old machine keeps what nobody can open.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.chance import SystemChance
from adapters.slack.installations import Installation, Installations
from adapters.vault import vault_in
from bot import rotation
from bot.chat import Reply
from bot.domain.errors import CannotSave
from bot.ports import BadSeal, OpenWork, Post, Vault, Wrapped
from bot.rotation import Phase
from bot.settings import CannotStart, Where
from bot.wiring import groundswell
from storage.engine import open_engine
from storage.rewrapping import IN_KEY_STORE
from storage.tables import key_metadata
from tests.fakes.acts import Acts, forgotten, receipt_in, shown
from tests.fakes.backed import backed_up, heard, restored
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import US, KeptLog, KeptPost, World, new_world
from tests.proofs.opening import rows_of

NEW = "case-keys-2.key"
TRY_AGAIN = "This could not be saved just now"


@dataclass
class Town:
    """One installation on two machines; each has a folder of key files of its own."""

    here: World
    there: World

    async def phase_one(self) -> None:
        async with rotation.opened(self.here.where) as ours:
            assert await ours.look() is Phase.NONE
            await ours.make()

    async def phase_two(self) -> int:
        async with rotation.opened(self.here.where) as ours:
            assert await ours.look() is Phase.MADE
            await ours.use()
            assert await ours.look() is Phase.USED
            return await ours.finish(heard)

    def copy_the_file(self) -> None:
        shutil.copy(self.here.where.keys / NEW, self.there.where.keys / NEW)


@pytest.fixture
async def town(tmp_path: Path, postgres: Postgres) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        where = await stack.enter_async_context(installation(postgres, tmp_path / "here"))
        here = await stack.enter_async_context(new_world(where, chance=SystemChance()))
        shutil.copytree(where.keys, tmp_path / "there")
        elsewhere = replace(where, keys=tmp_path / "there")
        post, log = KeptPost(clock=here.clock), KeptLog()
        chance = SystemChance()
        posts = {"sandbox": post}
        bot = await stack.enter_async_context(
            groundswell(elsewhere, US, posts, here.clock, chance, log)
        )
        yield Town(here, World(bot, elsewhere, here.clock, chance, log, post))


async def sent(world: World, who: str, preview: Reply) -> str:
    """The receipt; a process that has not used the new file yet may ask to try again, once."""
    told = await Acts(world).press(who, preview, "send")
    if TRY_AGAIN in shown(told):
        told = await Acts(world).press(who, preview, "send")
    return receipt_in(told)


async def opens(world: World, *receipts: str) -> bool:
    acts = Acts(world)
    return not any([forgotten(await acts.visit("somebody", one)) for one in receipts])


async def wrong_keys(where: Where) -> int:
    """How many keys the files that lie there do not open."""
    vault, wrong = vault_in(where.keys, SystemChance()), 0
    found = await rows_of(where.key_store, key_metadata)
    for table, name in IN_KEY_STORE.items():
        for row in found[table.name]:
            id, of = name(type("Row", (), row))
            try:
                vault.unwrap(id, Wrapped(row["wrapped"]), of)
            except BadSeal:
                wrong += 1
    return wrong


async def test_two_machines_go_on_while_the_keys_are_rotated(town: Town) -> None:
    receipts = [
        await Acts(one).file(f"worker {n}") for n, one in enumerate((town.here, town.there))
    ]
    await town.here.slot()
    await town.phase_one()
    receipts.append(await Acts(town.there).file("worker 3"))  # nothing uses the new one
    assert await opens(town.here, *receipts)
    with pytest.raises(CannotStart, match=f"copy {NEW} from there"):
        async with rotation.opened(town.there.where) as theirs:
            await theirs.look()
    town.copy_the_file()
    assert await town.phase_two() > 3
    for n, one in enumerate((town.here, town.there)):
        preview = await Acts(one).preview(f"worker 4{n}")
        receipts.append(await sent(one, f"worker 4{n}", preview))
    await town.here.slot()
    assert await opens(town.here, *receipts)
    assert await opens(town.there, *receipts)
    (town.there.where.keys / "case-keys-1.key").unlink()
    for one in (town.here, town.there):
        assert await wrong_keys(one.where) == 0
        assert list(one.where.keys.glob("case-keys*")) == [one.where.keys / NEW]


async def test_a_machine_that_was_never_given_the_file_keeps_nothing_and_loses_nothing(
    town: Town,
) -> None:
    old = await Acts(town.there).file("worker")
    acts = Acts(town.there)
    preview = await acts.preview("another")
    await town.phase_one()
    await town.phase_two()
    for _ in range(2):
        assert TRY_AGAIN in shown(await acts.press("another", preview, "send"))
    assert TRY_AGAIN in shown(await acts.visit("worker", old))
    await town.there.tick()
    assert await wrong_keys(town.here.where) == 0
    with pytest.raises(CannotStart, match=f"were rotated: copy {NEW} from the machine"):
        async with groundswell(
            town.there.where, US, {}, town.here.clock, SystemChance(), KeptLog()
        ):
            pass
    town.copy_the_file()
    new = await sent(town.there, "another", preview)
    await town.there.slot()
    assert await opens(town.there, old, new)
    assert await opens(town.here, old, new)


async def test_also_one_that_only_keeps_what_its_slack_must_remember_goes_on_once_it_has_the_file(
    town: Town,
) -> None:
    there, kept = town.there, list[Installations]()

    def beside(open_work: OpenWork, vault: Vault) -> dict[str, Post]:
        kept.append(Installations(open_work, vault, there.clock))
        return {}

    of = (there.where, US, {}, there.clock, SystemChance(), KeptLog())
    async with groundswell(*of, beside=beside):
        await town.phase_one()
        await town.phase_two()
        town.copy_the_file()
        with pytest.raises(CannotSave):
            await kept[0].keep(Installation("T0HARBOUR", "xoxb-of-the-harbour"))
        await kept[0].keep(Installation("T0HARBOUR", "xoxb-of-the-harbour"))
        assert await kept[0].at("T0HARBOUR")


async def test_without_the_fence_it_would_keep_what_nobody_can_open(town: Town) -> None:
    acts = Acts(town.there)
    preview = await acts.preview("x")
    await town.phase_one()
    await town.phase_two()
    engine = open_engine(town.here.where.key_store)
    async with engine.begin() as run:
        await run.execute(text("DROP TRIGGER refuse_old_wraps ON case_keys"))
    await engine.dispose()
    receipt_in(await acts.press("x", preview, "send"))
    assert await wrong_keys(town.here.where) == 1


async def test_two_machines_that_begin_at_once_agree_on_one_file(town: Town) -> None:
    async def begin(one: World) -> str:
        async with rotation.opened(one.where) as ours:
            try:
                await ours.look()
                return str(await ours.make())
            except CannotStart as refused:
                return str(refused)

    told = await asyncio.gather(begin(town.here), begin(town.there))
    assert sorted("copy case-keys-2.key from there" in one for one in told) == [False, True]
    files = [one.where.keys / NEW for one in (town.here, town.there)]
    assert sorted(file.exists() for file in files) == [False, True]
    assert [one for file in files for one in file.parent.glob("*.made")] == []


async def test_backups_from_before_come_back_with_the_new_file(town: Town, tmp_path: Path) -> None:
    """The database's; the key store's needs the old file, and says so."""
    receipt = await Acts(town.here).file("worker")
    before, now = tmp_path / "before", town.here.clock.now()
    await backed_up(town.here.where, before, now)
    await town.phase_one()
    await town.phase_two()
    (old,) = before.glob("*.database")
    new = Where(
        tmp_path / "new" / "data",
        town.here.where.keys,
        f"sqlite+aiosqlite:///{tmp_path}/new/data/groundswell.db",
        f"sqlite+aiosqlite:///{tmp_path}/new/keys.db",
    )
    new.data.mkdir(parents=True)
    with pytest.raises(CannotStart, match="The key files belong to another key store"):
        await restored(new, old, now)
    await backed_up(town.here.where, tmp_path / "after", now)
    shutil.copy(old, tmp_path / "after")
    await restored(new, tmp_path / "after" / old.name, now)
    async with groundswell(
        new,
        US,
        {"sandbox": KeptPost(clock=town.here.clock)},
        town.here.clock,
        SystemChance(),
        KeptLog(),
    ) as bot:
        world = World(bot, new, town.here.clock, SystemChance(), KeptLog(), KeptPost())
        assert await opens(world, receipt)
