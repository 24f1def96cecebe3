"""Brings a backup into an empty installation: all of it, or nothing.

What was destroyed since stays destroyed, no poll or wave opens again, no week is counted again, no
change holds that waited then, what may have been said is not said twice. A key store that is there is
used as it is: it knows what was destroyed. Neither file is believed before its end was read, and nothing
is kept before both were.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.strongbox import unsealed
from adapters.vault import FileVault, vault_in
from bot.backup_folder import AHEAD, KEYS_KEPT, found
from bot.backups import TOLD_EVERY, Told
from bot.domain.errors import CannotSave
from bot.ports import BadSeal, Chance, Key, Wrapped
from bot.settings import CannotStart, Where
from storage import copying, restored, schema, sealed
from storage.engine import open_engine
from storage.refusing import refusing
from storage.restored import Obeyed
from storage.schema import Chain


@dataclass(frozen=True, slots=True)
class Restored:
    """``made``: when the backup was; ``rows``: that were brought back, of each table; ``opened``: sealed
    rows that were tried, where that was asked for."""

    made: datetime
    rows: dict[str, int]
    obeyed: Obeyed
    opened: int


class NotWhole(Exception):
    """Rows that no key opens: of each column, how many. Nothing was kept."""

    def __init__(self, closed: dict[str, int]) -> None:
        super().__init__()
        self.closed = closed


@dataclass(frozen=True, slots=True)
class _Files:
    database: Path
    keys: Path | None


async def restore(
    where: Where,
    source: Path,
    secret: str,
    now: datetime,
    chance: Chance,
    told: Told,
    *,
    verify: bool,
) -> Restored:
    """``source``: a folder of backups, of which the newest is taken, or the file of a database, with
    the newest key store beside it. Raises CannotStart, NotWhole; then nothing is changed."""
    vault = vault_in(where.keys, chance)
    files = _chosen(source, now)
    where.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with _both(where) as (database, key_store):
        reading = _Reading(files.database, Chain.MAIN, vault, secret)
        # The key store is kept first: whoever is killed in between finds it, and goes on from there.
        async with _kept(database) as main, _kept(key_store) as store:
            if not await copying.empty(main):
                raise CannotStart(
                    "There is something in the database already, which a restore would mix with: name an "
                    "empty one in [database], or move the old one away first."
                )
            if await copying.empty(store):
                await _fill_key_store(store, files, vault, secret, now, told)
            else:
                await schema.bring(store, Chain.KEYS)
            rows = await reading.into(main, told)
            await _fit(main, store, vault)
            hold = await _holding(main, store, vault)
            obeyed = await restored.obey(main, store, now, list(vault.fingerprints()), hold)
            opened = await _tried(main, store, vault, told) if verify else 0
    return Restored(reading.made, rows, obeyed, opened)


async def _fit(main: AsyncConnection, store: AsyncConnection, vault: FileVault) -> None:
    """Raises CannotStart. The file that wraps keys may have been changed since the database's backup was
    made."""
    known = vault.fingerprints().values()
    mark = await schema.same_keys_on(store, vault.fingerprint(), "key store", also=known)
    vault.use(mark)
    await schema.remember(main, key_files=mark, epoch=await schema.fact(store, "epoch"))
    await schema.fit_on(main, store)


async def _fill_key_store(
    store: AsyncConnection, files: _Files, vault: FileVault, secret: str, now: datetime, told: Told
) -> None:
    if files.keys is None:
        raise CannotStart(
            f"There is no backup of the key store beside {files.database}, and no key store here: "
            "without one nobody can read a case. Put it there."
        )
    reading = _Reading(files.keys, Chain.KEYS, vault, secret)
    if reading.made - now > AHEAD:
        raise CannotStart(
            f"{files.keys} is dated in the future, so nobody can tell how old it is: set this machine's clock "
            "right if it is wrong, else delete that file and take another one."
        )
    if now - reading.made > KEYS_KEPT:
        raise CannotStart(
            f"{files.keys} is older than {KEYS_KEPT.days} days, and would bring back what people were "
            "told is destroyed: delete it, and take a newer one."
        )
    await reading.into(store, told)
    await schema.remember(store, next=None)  # a change of key files that had begun then has not now


class _Reading:
    """One file: what it says of itself at once, and then its rows."""

    def __init__(self, file: Path, chain: Chain, vault: FileVault, secret: str) -> None:
        self._file, self._chain = file, chain
        self._secret, self._ours = secret, vault.for_backups()
        head = next(self._lines())
        if head["what"] != chain.value:
            raise CannotStart(
                f"{file} is a backup of the other of the two databases: rename it back."
            )
        if head["schema"] not in chain.known:
            raise CannotStart(
                f"{file} was made by Groundswell {head['program']}, which is newer than this program: "
                "install that one."
            )
        self._schema, self._tables = head["schema"], head["tables"]
        self.made = datetime.fromisoformat(head["made"])

    async def into(self, connection: AsyncConnection, told: Told) -> dict[str, int]:
        """All rows, and then the schema is brought up to this program's."""
        if await schema.revision(connection) not in ("", self._schema):
            raise CannotStart(
                f"The database is empty, but has another schema than {self._file}: name a new one, "
                "without any table."
            )
        await schema.bring(connection, self._chain, self._schema)
        tables = {one.name: one for one in await copying.tables(connection, self._chain)}
        counts = dict.fromkeys(self._tables, 0)
        lines = self._lines()
        next(lines)
        for name, rows in _in_batches(lines):
            if name == "":
                if rows != counts:
                    raise CannotStart(f"{self._file} does not hold all it says: take another one.")
                break
            new = [copying.decoded(self._tables[name], row) for row in rows]
            await copying.put(connection, tables[name], new)
            before, counts[name] = counts[name], counts[name] + len(rows)
            if before // TOLD_EVERY != counts[name] // TOLD_EVERY:
                told(name, counts[name])
        await schema.bring(connection, self._chain)
        return counts

    def _lines(self) -> Iterator[Any]:
        held = b""
        with self._file.open("rb") as file:
            for chunk in unsealed(file, self._secret, self._ours):
                *whole, held = (held + chunk).split(b"\n")
                yield from map(json.loads, whole)


def _in_batches(lines: Iterator[Any]) -> Iterator[tuple[str, Any]]:
    """(table, some rows of it); at last ("", how many there were of each)."""
    name, rows = "", list[Any]()
    for line in lines:
        following = "" if isinstance(line, dict) else line[0]
        if rows and (following != name or len(rows) == copying.AT_ONCE):
            yield name, rows
            rows = []
        name = following
        if isinstance(line, dict):
            yield "", line["rows"]
        else:
            rows.append(line[1:])


async def _holding(main: AsyncConnection, store: AsyncConnection, vault: FileVault) -> set[str]:
    """What those of the changes are bound to that held already, and are only told for a while."""
    hold: set[str] = set()
    async for rows in sealed.rows(main, sealed.PENDING):
        keys = await sealed.wrapped(store, sealed.PENDING, [row.key for row in rows])
        for row in rows:
            with suppress(KeyError, BadSeal):  # one that nobody can read holds nothing
                key = _unwrapped(vault, sealed.PENDING, *keys[row.key])
                if json.loads(vault.open_staff(key, row.place, row.words))["held"]:
                    hold.add(row.place)
    return hold


async def _tried(
    main: AsyncConnection, store: AsyncConnection, vault: FileVault, told: Told
) -> int:
    """How many sealed rows there are. Raises NotWhole where one does not open."""
    opened, closed = 0, dict[str, int]()
    for kind in sealed.KINDS:
        tries: Callable[[Key, str, bytes], Any] = vault.open if kind.case else vault.open_staff
        done = 0
        async for rows in sealed.rows(main, kind):
            keys = await sealed.wrapped(store, kind, [row.key for row in rows])
            for row in rows:
                try:
                    key = _unwrapped(vault, kind, *keys[row.key])
                    tries(key, row.place, row.words)
                except (KeyError, BadSeal):
                    closed[kind.name] = closed.get(kind.name, 0) + 1
            done += len(rows)
            if len(rows) == sealed.AT_ONCE and done % TOLD_EVERY == 0:
                told(f"opened {kind.name}", done)
        opened += done
    if closed:
        raise NotWhole(closed)
    return opened


def _unwrapped(vault: FileVault, kind: sealed.Kind, id: str, wrapped: bytes) -> Key:
    return vault.unwrap(id, Wrapped(wrapped), "case_keys" if kind.case else "community_keys")


def _chosen(source: Path, now: datetime) -> _Files:
    folder = source if source.is_dir() else source.parent
    if not source.exists():
        raise CannotStart(f"There is no {source}: name a folder of backups, or a file there.")
    every = sorted(
        found(folder), key=lambda one: one.at - now > AHEAD
    )  # those of no known age last
    keys = next((one.file for one in every if one.chain is Chain.KEYS), None)
    if not source.is_dir():
        return _Files(source, keys)
    database = next((one.file for one in every if one.chain is Chain.MAIN), None)
    if database is None:
        raise CannotStart(f"There is no backup of a database in {source}: name another folder.")
    return _Files(database, keys)


@asynccontextmanager
async def _both(where: Where) -> AsyncIterator[tuple[AsyncEngine, AsyncEngine]]:
    database, key_store = open_engine(where.database), open_engine(where.key_store)
    try:
        for engine in (database, key_store):
            await schema.current(engine)  # whether it can be reached
        yield database, key_store
    except CannotSave:
        raise CannotStart(
            "The database cannot keep the backup: see that it runs and has room, and run this again. Nothing "
            "was restored."
        ) from None
    finally:
        await database.dispose()
        await key_store.dispose()


@asynccontextmanager
async def _kept(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Alone: also behind whoever was killed, and of whom the server does not know it yet."""
    with refusing():
        async with engine.begin() as connection:
            await schema.lock(connection)
            yield connection
