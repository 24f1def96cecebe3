"""Changes the key file that wraps all keys for a new one, in two phases, while the bot runs.

First the new file is made, and is given to every machine; nothing uses it. Then it is used, everything
is wrapped anew, and the old file goes. Each step may be repeated, so whoever is killed is followed by
somebody who goes on. Of the three files it is the only one changed: the pepper of receipts cannot be
without the receipts, and whoever has it alone can find no case with it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.chance import SystemChance
from adapters.vault import MOST_EPOCHS, FileVault, make_key_file, vault_in, wrapping_files
from bot import whole
from bot.domain.errors import CannotSave
from bot.ports import BadSeal, Wrapped
from bot.settings import CannotStart, Where
from storage import rewrapping, schema
from storage.engine import open_engine
from storage.refusing import refusing
from storage.rewrapping import IN_DATABASE, IN_KEY_STORE
from storage.schema import Chain
from storage.scrubbing import scrub

Told = Callable[[str, int], None]  #: a table, and how many of its rows are done


class Phase(StrEnum):
    NONE = "none"  #: nothing has begun: the next run makes a new file
    MADE = "made"  #: there is a new one, which nothing uses
    USED = "used"  #: it is used, and something of the old one is left


class Rotation:
    """One installation, opened. ``phase``: how far it is."""

    def __init__(
        self, where: Where, main: AsyncEngine, store: AsyncEngine, vault: FileVault
    ) -> None:
        self._where, self._main, self._store, self._vault = where, main, store, vault
        self._used, self._next = 0, b""

    @property
    def files(self) -> Mapping[int, Path]:
        return wrapping_files(self._where.keys)

    @property
    def new_file(self) -> Path:
        return self._where.keys / f"case-keys-{self._used + 1}.key"

    @property
    def _half(self) -> Path:
        return self.new_file.with_name(f"{self.new_file.name}.made")

    async def look(self) -> Phase:
        """Raises CannotStart where these are not the files, or the new one is another machine's."""
        known = self._vault.fingerprints().values()
        for engine, what in ((self._main, "database"), (self._store, "key store")):
            mark = await schema.same_keys(engine, self._vault.fingerprint(), what, also=known)
        self._used = self._vault.use(mark)
        async with self._store.connect() as run:
            self._next = await schema.fact(run, "next") or b""
        if self._next:
            self._is_ours()
        if any(epoch < self._used for epoch in self.files):
            return Phase.USED
        return Phase.MADE if self._next else Phase.NONE

    async def make(self) -> Path:
        """The new file, told to the others before it is there: whoever makes one at the same time finds
        that out, and a file that nobody was told of is never used. Raises CannotStart."""
        if self._used >= MOST_EPOCHS:
            raise CannotStart("The keys were rotated 254 times: make a new installation.")
        made = self.new_file if self.new_file.exists() else self._half
        if not made.exists():
            make_key_file(made, SystemChance())
        mark = self._vault.fingerprint_with(made)
        async with self._store.begin() as run:
            self._next = await schema.kept(run, "next", mark)
        self._is_ours()
        return self.new_file

    def _is_ours(self) -> None:
        for file in (self._half, self.new_file):
            if file.exists() and self._vault.fingerprint_with(file) == self._next:
                whole.rename(file, self.new_file)
                self._vault.look_again()
                self._vault.use(self._vault.fingerprint(self._used))
                return
        self._half.unlink(missing_ok=True)  # nobody was told of it
        raise CannotStart(
            f"The new key was made on another machine: copy {self.new_file.name} from there into "
            f"{self._where.keys}, on every machine, and run this again."
        )

    async def use(self) -> None:
        """From now on whoever wraps does it with the new file, or keeps nothing."""
        epoch = self._used + 1
        facts = {"key_files": self._next, "epoch": str(epoch).encode()}
        for engine, tables in ((self._main, IN_DATABASE), (self._store, IN_KEY_STORE)):
            async with engine.begin() as run:
                await rewrapping.fence(run, list(tables), epoch)
                gone = {"next": None} if engine is self._store else {}
                await schema.remember(run, **facts, **gone)

    async def finish(self, told: Told) -> int:
        """Wrap everything anew, and let the old files go; how many keys there were. Only one that opens
        is changed: what is damaged stays as it is, and keeps the old files here. Raises CannotStart."""
        done = 0
        for engine, tables in ((self._main, IN_DATABASE), (self._store, IN_KEY_STORE)):
            for table, name in tables.items():
                done += await self._wrap_anew(engine, table, name, told)
            await scrub(engine, *(table.name for table in tables))
        for epoch, file in self.files.items():
            if epoch < self._used:
                file.unlink()
        return done

    async def _wrap_anew(
        self, engine: AsyncEngine, table: Table, name: Callable[[Any], tuple[str, str]], told: Told
    ) -> int:
        done = damaged = 0
        async for rows in rewrapping.old(engine, table, self._used):
            anew = []
            for row in rows:
                id, of = name(row)
                try:
                    key = self._vault.unwrap(id, Wrapped(row.wrapped), of)
                except BadSeal:
                    damaged += 1
                    continue
                anew.append((row, self._vault.wrap(id, key, of)))
            await rewrapping.change(engine, table, anew)
            done += len(anew)
            told(table.name, done)
            await asyncio.sleep(0)
        if damaged:
            raise CannotStart(
                f"{damaged} keys in {table.name} are damaged, or the file that wraps them is missing: put "
                "back a backup, and run this again. The old file stays until then."
            )
        return done


@asynccontextmanager
async def opened(where: Where) -> AsyncIterator[Rotation]:
    """Raises CannotStart; OSError where a file cannot be used."""
    vault = vault_in(where.keys, SystemChance())
    main, store = open_engine(where.database), open_engine(where.key_store)
    try:
        with refusing():
            for engine, chain in ((main, Chain.MAIN), (store, Chain.KEYS)):
                if await schema.current(engine) != chain.newest:
                    raise CannotStart(
                        "The databases are not at this program's schema: run `groundswell db upgrade`."
                    )
            yield Rotation(where, main, store, vault)
    except CannotSave as refused:
        why = refused.__cause__
        if isinstance(why, OSError) and why.filename:
            raise why from None
        raise CannotStart(
            "Nothing more can be kept just now: see that the database runs and that there is room, and run "
            "this again: it goes on where it was."
        ) from None
    finally:
        await main.dispose()
        await store.dispose()
