"""Old copy: once a case is deleted, a copy of the data made before opens it no more.

Shows: with the data of before and the key store of today neither the receipt nor any key opens it,
and its key lies in no file; other cases still open. Does not show: backups of the key store itself,
which live 7 days and come later. Control: with the key store of before it opens, and so it does
when its key's row was only marked.
"""

import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from adapters.vault import BadSeal, FileVault, read_key_files
from bot.ports import Key, Wrapped
from bot.settings import Where
from bot.wiring import groundswell
from tests.fakes.acts import REPS, STORY, Acts, forgotten, shown
from tests.fakes.world import US, HandClock, KeptLog, KeptPost, World, folders, new_world

KEPT = "Another concern: planning runs into the evening, and parents are left out."


async def deleted_before_the_slot(acts: Acts, receipt: str) -> None:
    await acts.confirm("worker", await acts.visit("worker", receipt), "delete")


async def deleted_at_the_slot(acts: Acts, receipt: str) -> None:
    await acts.confirm("worker", await acts.visit("worker", receipt), "delete")
    await acts.world.slot()


async def deleted_after_a_slot(acts: Acts, receipt: str) -> None:
    """The copy is of the days when it waited; the key of those rows went at the slot."""
    await acts.world.slot()
    await deleted_at_the_slot(acts, receipt)


async def shredded_by_retention(acts: Acts, receipt: str) -> None:
    desk = await acts.desk(REPS[0])
    while STORY not in shown(desk):
        desk = await acts.press(REPS[0], desk, "next")
    await acts.fill(REPS[0], await acts.press(REPS[0], desk, "resolve"), outcome="We did.")
    await acts.world.slot()
    acts.world.clock.move(timedelta(days=63))
    await acts.world.bot.tick()


@dataclass(frozen=True)
class End:
    """How a case ends, and how many slots have passed when the copy is made."""

    happens: Callable[[Acts, str], Awaitable[None]]
    slots: int


ENDS = {
    one.__name__: End(one, slots)
    for one, slots in (
        (deleted_before_the_slot, 0),
        (deleted_after_a_slot, 0),
        (deleted_at_the_slot, 1),
        (shredded_by_retention, 1),
    )
}


Names = tuple[str, str]  #: what released rows call a key, and what waiting ones do


@dataclass(frozen=True)
class Copies:
    """What a thief has: ``old`` data with its key store of the time, and today's key store."""

    old: Where
    today: Where
    receipt: str
    other: str
    wrapped: bytes
    key: Names


@pytest.fixture(params=ENDS)
async def copies(request: pytest.FixtureRequest, tmp_path: Path) -> Copies:
    """A case and another; a copy of everything; the case's end; a copy of what is left."""
    end: End = ENDS[request.param]
    where = folders(tmp_path / "living")
    async with new_world(where) as world:
        acts = Acts(world)
        receipt = await acts.file("worker")
        other = await acts.file("other", story=KEPT)
        view = await acts.visit("worker", receipt)
        await acts.write("worker", view, "One thing more about the nights.")
        for _ in range(end.slots):
            await world.slot()
        key = _key_of(where, receipt)
        wrapped = _keys(where.keys)[key[0]]
        old = _copied(where, tmp_path / "old")
        await end.happens(acts, receipt)
        today = _copied(where, tmp_path / "today")
        assert forgotten(await acts.visit("worker", receipt))
    return Copies(old, today, receipt, other, wrapped, key)


async def test_nothing_of_the_deleted_case_opens_with_todays_key_store(
    copies: Copies, tmp_path: Path
) -> None:
    assert not await _opens(copies.old.data, copies.today.keys, copies.receipt, tmp_path / "bot")
    assert _opened_rows(copies.old, copies.today, copies.key) == 0


async def test_its_key_lies_nowhere_in_the_key_store(copies: Copies) -> None:
    def holders(keys: Path) -> list[Path]:
        return [f for f in keys.iterdir() if copies.wrapped in f.read_bytes()]

    assert holders(copies.today.keys) == []
    assert holders(copies.old.keys) != []


async def test_the_other_case_of_the_copy_still_opens(copies: Copies, tmp_path: Path) -> None:
    assert await _opens(copies.old.data, copies.today.keys, copies.other, tmp_path / "bot")


async def test_with_the_key_store_of_before_it_does_open(copies: Copies, tmp_path: Path) -> None:
    assert await _opens(copies.old.data, copies.old.keys, copies.receipt, tmp_path / "bot")
    assert _opened_rows(copies.old, copies.old, copies.key) == 2


async def test_a_key_that_was_only_marked_does_open(copies: Copies, tmp_path: Path) -> None:
    with closing(sqlite3.connect(copies.today.keys / "keys.db")) as database, database:
        assert database.execute("SELECT count(*) FROM tombstones").fetchone() >= (1,)
        row = (*copies.key, copies.wrapped)
        database.execute("INSERT INTO case_keys VALUES (?, ?, ?, 1, NULL)", row)
    assert await _opens(copies.old.data, copies.today.keys, copies.receipt, tmp_path / "bot")


def _key_of(where: Where, receipt: str) -> Names:
    """Both names of the key that opens the case's rows today."""
    vault = FileVault(read_key_files(where.keys), SystemChance())
    names = []
    with closing(sqlite3.connect(where.data / "groundswell.db", timeout=10)) as database:
        for table, lookups in (
            ("waiting", vault.waiting_lookups(receipt)),
            ("cases", vault.lookups(receipt)),
        ):
            names += database.execute(f"SELECT key FROM {table} WHERE lookup = ?", lookups)
    ((name,),) = names
    with closing(sqlite3.connect(where.keys / "keys.db", timeout=10)) as database:
        found = "SELECT id, waiting FROM case_keys WHERE ? IN (id, waiting)"
        ((id, waiting),) = database.execute(found, (name,))
    return id, waiting


def _copied(where: Where, to: Path) -> Where:
    shutil.copytree(where.data, to / "data")
    shutil.copytree(where.keys, to / "keys")
    return folders(to)


def _keys(folder: Path) -> dict[str, bytes]:
    with closing(sqlite3.connect(folder / "keys.db", timeout=10)) as database:
        return dict(database.execute("SELECT id, wrapped FROM case_keys"))


async def _opens(data: Path, keys: Path, receipt: str, scratch: Path) -> bool:
    """Whether the bot itself, started on copies of these folders, opens the case."""
    shutil.copytree(data, scratch / "data")
    shutil.copytree(keys, scratch / "keys")
    where, clock, chance = folders(scratch), HandClock(), SystemChance()
    post, log = KeptPost(), KeptLog()
    async with groundswell(
        where, US, {"sandbox": post}, clock, chance, log, room_delay=timedelta(0)
    ) as bot:
        world = World(bot, where, clock, chance, log, post)
        view = await Acts(world).visit("someone", receipt)
    assert log.lines == []
    return not forgotten(view)


def _opened_rows(old: Where, holder: Where, key: Names) -> int:
    """How many sealed rows of the case any key of a key store opens: all are tried."""
    vault = FileVault(read_key_files(holder.keys), SystemChance())
    keys = [vault.unwrap(id, Wrapped(one)) for id, one in _keys(holder.keys).items()]
    rows = []
    with closing(sqlite3.connect(old.data / "groundswell.db", timeout=10)) as database:
        for table in ("waiting", "cases"):
            found = f"SELECT id, sealed FROM {table} WHERE key IN (?, ?)"
            rows += [(table, *row) for row in database.execute(found, key)]
        found = (
            'SELECT e.id, e.sealed FROM entries e JOIN cases c ON e."case" = c.id '
            "WHERE c.key IN (?, ?)"
        )
        rows += [("entries", *row) for row in database.execute(found, key)]
    assert len(rows) == 2, "the case and what was said in it"
    return sum(_opened(vault, keys, f"{table}.sealed/{id}", sealed) for table, id, sealed in rows)


def _opened(vault: FileVault, keys: list[Key], place: str, sealed: bytes) -> bool:
    for key in keys:
        try:
            vault.open(key, place, sealed)
        except BadSeal:
            continue
        return True
    return False
