"""Two worlds: who acted leaves no trace, and in which order they acted none that stays.

Shows: other accounts with the same chance leave the same bytes, and ask the same of the databases,
also where they are alone with the bot; five filings in any order leave the same rows, and with real
chance nothing in the files tells after the slot who filed first. Does not show: what a copy made
before the slot tells of the order (it holds no accounts).
Control: one keyed hash of an account breaks the equality, also if only those are hashed who are
alone with the bot; a kept rowid tells the order outright.
"""

import hashlib
import hmac
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from adapters.chance import SystemChance
from adapters.vault import FileVault, read_key_files
from bot import ports
from bot.ports import Membership, Noted
from bot.settings import Where
from tests.fakes.acts import REPS, Acts
from tests.fakes.alone import alone_life, apart
from tests.fakes.asked import asked
from tests.fakes.lives import asked_life, whole_life
from tests.fakes.world import KeptLog, KeptPost, folders, new_world
from tests.proofs.scale import scaled
from tests.proofs.town import TurnChance

HERE = [f"noor-{n:02}" for n in range(12)]
THERE = [f"@someone-else-entirely-{n}:elsewhere.example" for n in range(12)]


# Who --------------------------------------------------------------------------------------------


Life = Callable[[Acts, Sequence[str]], Awaitable[None]]


@dataclass
class TellingPost(KeptPost):
    """What must not be: it marks in the log of whom it is asked whether they are a member, which
    they are only when they are alone with the bot."""

    log: KeptLog = field(default_factory=KeptLog)

    async def membership(self, space: str, account: str) -> tuple[Membership, datetime | None]:
        mark = hmac.digest(b"a key nobody has", account.encode(), hashlib.sha256)
        self.log.note(Noted.WARNED, place=mark.hex())
        return await super().membership(space, account)


async def left_by(
    root: Path, life: Life, accounts: Sequence[str], post: KeptPost | None = None
) -> dict[str, bytes]:
    """Every byte that a life of these accounts leaves, the log included, and what was asked of the
    databases."""
    log = post.log if isinstance(post, TellingPost) else KeptLog()
    async with new_world(folders(root), log=log, post=post, mails=True) as world:
        with asked() as heard:
            await life(Acts(world), accounts)
    files = {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.is_file()}
    told = [_told(statement, given) for statement, given in heard]
    return files | {"log": repr(log.lines).encode(), "asked": repr(told).encode()}


def _told(statement: str, given: list[Any]) -> tuple[str, list[Any]]:
    """Of what is sealed in a draft its length: in the offer of a role it says for whom it is, and
    nobody but who holds the offer can open it."""
    if not statement.startswith("INSERT INTO drafts"):
        return statement, given
    id, sealed, until = given
    return statement, [id, len(sealed), until]


async def half_alone(acts: Acts, accounts: Sequence[str]) -> None:
    """Everything that people do, every second of them alone with the bot."""
    await whole_life(apart(acts, accounts[::2]), accounts)


def unlike(here: Mapping[str, bytes], there: Mapping[str, bytes]) -> list[str]:
    """What differs, by name."""
    assert set(here) >= {"data/groundswell.db", "keys/keys.db", "log", "asked"}
    return [name for name in sorted({*here, *there}) if here.get(name) != there.get(name)]


async def test_other_accounts_leave_the_same_bytes(tmp_path: Path) -> None:
    """Nor do the same ones in another order leave others."""
    here = await left_by(tmp_path / "here", half_alone, HERE)
    assert unlike(here, await left_by(tmp_path / "there", half_alone, THERE)) == []
    assert unlike(here, await left_by(tmp_path / "swapped", half_alone, HERE[::-1])) == []


async def test_other_accounts_that_are_alone_leave_the_same_bytes(tmp_path: Path) -> None:
    here = await left_by(tmp_path / "here", alone_life, HERE)
    assert unlike(here, await left_by(tmp_path / "there", alone_life, THERE)) == []


async def left_by_polls(root: Path, accounts: Sequence[str]) -> dict[str, bytes]:
    """The same when these accounts have answered polls, and all of them have closed.

    The database as a copy in which each page is written anew: while a poll was open its tags, which
    are other ones for other accounts, decided which page each ballot lay on (privacy rule 5), so
    the pages that are left lie elsewhere. What lies on them must be the same.
    """
    log = KeptLog()
    async with new_world(folders(root), log=log) as world:
        await asked_life(apart(Acts(world), accounts[::2]), accounts)
    with closing(sqlite3.connect(root / "data" / "groundswell.db")) as database:
        assert database.execute("SELECT count(*) FROM ballots").fetchone() == (0,)
        database.execute("VACUUM INTO ?", (str(root / "anew.db"),))
    left = ("anew.db", "keys/keys.db")
    return {name: (root / name).read_bytes() for name in left} | {"log": repr(log.lines).encode()}


async def test_other_accounts_leave_the_same_polls(tmp_path: Path) -> None:
    here = await left_by_polls(tmp_path / "here", HERE)
    assert here == await left_by_polls(tmp_path / "there", THERE)
    assert here == await left_by_polls(tmp_path / "swapped", HERE[::-1])


async def test_one_marked_account_breaks_the_equality(tmp_path: Path) -> None:
    here = await left_by(tmp_path / "here", alone_life, HERE, TellingPost())
    there = await left_by(tmp_path / "there", alone_life, THERE, TellingPost())
    assert unlike(here, there) == ["log"]

    for root, accounts in ((tmp_path / "here", HERE), (tmp_path / "there", THERE)):
        vault = FileVault(read_key_files(root / "keys"), SystemChance())
        with closing(sqlite3.connect(root / "data" / "groundswell.db")) as database, database:
            row = ("planted", vault.mark("account", "sandbox", accounts[0]))
            database.execute("INSERT INTO installation VALUES (?, ?)", row)
    name = Path("data") / "groundswell.db"
    here_now, there_now = ((tmp_path / one / name).read_bytes() for one in ("here", "there"))
    assert here_now != there_now


# In which order: the same chance for each filing, whenever it is made ---------------------------


class InTurn(TurnChance):
    """What is shuffled depends on the order it is given in: who hands it over in another one is seen."""

    def shuffled(self, things: Sequence[ports.T]) -> list[ports.T]:
        return sorted(things, key=lambda _: self.bytes(8))


STORIES = [f"Concern number {n}: the night pager never stops and nobody sleeps." for n in range(5)]


async def rows_after(root: Path, order: Sequence[int]) -> dict[str, list[tuple[object, ...]]]:
    """What a dump of both databases shows when five have filed in this order, and the slot came."""
    chance = InTurn()
    async with new_world(folders(root), chance=chance) as world:
        acts = apart(Acts(world), [f"worker-{one}" for one in range(0, 5, 2)])
        await acts.say("somebody", "grievance")  # the day's first: the counters' key is drawn
        for one in order:
            chance.turn = f"filing {one}"
            receipt = await acts.file(f"worker-{one}", story=STORIES[one])
            await acts.write(f"worker-{one}", await acts.visit("any", receipt), STORIES[one])
        chance.turn = "slot"
        await world.slot()
        chance.turn = "rep"
        await acts.say(REPS[0], "cases")
    return {
        f.name: list(_rows(f)) for f in (root / "data" / "groundswell.db", root / "keys/keys.db")
    }


def _rows(file: Path) -> Iterator[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as database:
        names = [
            n for (n,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        for name in sorted(names):
            hidden = "rowid, " if _has_rowid(database, name) else ""
            for row in database.execute(f'SELECT {hidden}* FROM "{name}"'):
                yield (name, *row)


def _has_rowid(database: sqlite3.Connection, table: str) -> bool:
    (made,) = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return "WITHOUT ROWID" not in made.upper()


async def test_any_order_of_filing_leaves_the_same_rows(tmp_path: Path) -> None:
    every = SystemChance().shuffled(list(permutations(range(5))))
    orders = every[: scaled(120, least=8)]
    first = await rows_after(tmp_path / "first", range(5))
    assert [row[0] for row in first["groundswell.db"]].count("cases") == 5
    assert [row[0] for row in first["groundswell.db"]].count("entries") == 5
    for n, order in enumerate(orders):
        assert await rows_after(tmp_path / str(n), order) == first, order


# In which order: what a thief can measure, with real chance -------------------------------------

FILERS = 5


def correlation(ranks: Sequence[object]) -> float:
    """Spearman's, of things in the order they were filed with the order of their values."""
    by_value = sorted(range(len(ranks)), key=lambda n: ranks[n])
    n = len(ranks)
    distance = sum((place - one) ** 2 for place, one in enumerate(by_value))
    return 1 - 6 * distance / (n * (n * n - 1))


@dataclass
class Thief:
    """What was measured at each slot, by the name of what was looked at."""

    seen: dict[str, list[float]] = field(default_factory=dict)

    def measure(self, name: str, ranks: Sequence[object]) -> None:
        self.seen.setdefault(name, []).append(correlation(ranks))

    def tells(self) -> dict[str, float]:
        """The looks whose mean is beyond chance: five deviations of a mean of so many slots."""
        beyond = {}
        for name, found in self.seen.items():
            deviation = 1 / ((FILERS - 1) * len(found)) ** 0.5
            mean = sum(found) / len(found)
            if abs(mean) > 5 * deviation:
                beyond[name] = mean
        return beyond


def _look(thief: Thief, where: Where, lookups: Sequence[bytes]) -> None:
    """Everything in the files of a running bot that could stand in the order of filing."""
    file, store = where.data / "groundswell.db", where.keys / "keys.db"
    log = file.with_name("groundswell.db-wal").read_bytes()
    rows = {row["lookup"]: row for row in _all(file, "cases")}
    order = list(rows)
    wrapped = {row["id"]: row["wrapped"] for row in _all(store, "case_keys")}
    mine = [rows[one] for one in lookups]
    for column in ("id", "number", "key", "sealed"):
        thief.measure(column, [row[column] for row in mine])
    thief.measure("row order", [order.index(one) for one in lookups])
    content, keys = file.read_bytes(), store.read_bytes()
    thief.measure("place in the file", [content.find(row["sealed"][:200]) for row in mine])
    thief.measure("place in the key store", [keys.find(wrapped[row["key"]]) for row in mine])
    if any(one in log for one in lookups):
        thief.measure("write-ahead log", [log.find(one) for one in lookups])
    assert len({len(row["sealed"]) for row in mine}) == 1


def _all(file: Path, table: str) -> list[sqlite3.Row]:
    """All rows of a table as they come, with the log folded into the file."""
    with closing(sqlite3.connect(file, timeout=10)) as database:
        database.row_factory = sqlite3.Row
        database.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
        return database.execute(f"SELECT * FROM {table}").fetchall()


async def test_after_the_slot_nothing_tells_who_filed_first(tmp_path: Path) -> None:
    thief = Thief()
    for n in range(scaled(50, least=5)):  # young worlds: the fewer rows, the plainer their order
        where = folders(tmp_path / f"world-{n}")
        async with new_world(where, chance=SystemChance()) as world:
            vault, acts = FileVault(read_key_files(where.keys), SystemChance()), Acts(world)
            for slot in range(8):
                workers = [f"worker-{slot}-{one}" for one in range(FILERS)]
                receipts = [await acts.file(one, story=STORIES[0]) for one in workers]
                lookups = [vault.lookups(one)[0] for one in receipts]
                _keep_in_order(where, lookups)
                await world.slot()
                _look(thief, where, lookups)
                thief.measure("kept rowid", _kept_order(where, lookups))
    assert len(thief.seen["place in the key store"]) == len(thief.seen["kept rowid"])
    assert thief.tells() == {"kept rowid": pytest.approx(1.0)}


def _keep_in_order(where: Where, lookups: Sequence[bytes]) -> None:
    """What must not be: a table that keeps the order of filing in its rowid."""
    with closing(sqlite3.connect(where.data.parent / "planted.db")) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS filed (lookup BLOB)")
        database.executemany("INSERT INTO filed VALUES (?)", [(one,) for one in lookups])


def _kept_order(where: Where, lookups: Sequence[bytes]) -> list[int]:
    with closing(sqlite3.connect(where.data.parent / "planted.db")) as database:
        kept = dict(database.execute("SELECT lookup, rowid FROM filed"))
    return [kept[one] for one in lookups]
