"""Makes backups: one file of the database, one of the key store, each sealed to somebody's public key.

The key store's is made after the database's, so that it holds a key for every row that may be read;
it lives seven days (see ``bot/backup_folder.py``). Neither holds forms half done, ballots, or the keys
of open polls and of days. A file has its name once it is whole and on the disk, never before, and the
database's once its key store's has.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack, aclosing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.strongbox import Sealing, doubled, in_quarters
from adapters.vault import vault_in
from bot import VERSION, backup_folder, whole
from bot.backup_folder import ENDINGS
from bot.domain.errors import CannotSave
from bot.ports import Chance
from bot.settings import Backups, CannotStart, Where
from storage import copying, schema
from storage.schema import Chain

TOLD_EVERY = 20_000  #: rows
#: How large each may be: a key is kept for every case, so the key store's tells the least.
ROUNDED = {Chain.MAIN: in_quarters, Chain.KEYS: doubled}

Told = Callable[[str, int], None]  #: a table, and how many of its rows are done


async def make(
    where: Where, plan: Backups, now: datetime, chance: Chance, told: Told
) -> list[Path]:
    """Take away what is not to lie there any more, and write both files. Raises CannotStart; then nothing
    new is there."""
    ours = vault_in(where.keys, chance).for_backups()
    if not plan.recipient:
        raise CannotStart(
            "A backup needs somebody to be sealed to: run `groundswell keys recipient FILE` on a machine "
            "of your own, and write what it prints to recipient in [backup]."
        )
    stem = backup_folder.stem(now, chance.bytes(3))
    made = [plan.to / f"{stem}.{ending}" for ending in ENDINGS.values()]
    try:
        backup_folder.ready(plan.to)
        backup_folder.tidy(plan.to, now)  # first: a disk without room is no reason to keep them
        with ExitStack() as both:  # the last is named first: no database without its keys
            for url, chain in ((where.database, Chain.MAIN), (where.key_store, Chain.KEYS)):
                half = both.enter_context(_whole(plan.to / f"{stem}.{ENDINGS[chain]}"))
                sealing = Sealing(half, plan.recipient, ours, chance, ROUNDED[chain])
                async with aclosing(_lines(url, chain, now, told)) as lines:
                    async for line in lines:
                        sealing.write(line)
                sealing.end()
                half.flush()  # here beside the others, who need not wait for the disk
                await asyncio.to_thread(os.fsync, half.fileno())
    except BaseException as wrong:
        for file in made:
            with suppress(OSError):  # not even the folder
                file.unlink(missing_ok=True)
        if isinstance(wrong, OSError):
            raise CannotStart(_no_room(plan.to, wrong)) from None
        if isinstance(wrong, CannotSave):
            raise CannotStart(
                "The database cannot be read just now: see that it runs, and try again."
            ) from None
        raise
    for old in backup_folder.databases_before(plan.to, now - timedelta(days=plan.keep)):
        old.unlink(missing_ok=True)
    return made


async def before_migration(
    where: Where,
    database: AsyncEngine,
    key_store: AsyncEngine,
    now: datetime,
    chance: Chance,
    told: Told,
) -> list[Path] | None:
    """A backup where this program is about to change a database with something in it; None where
    nobody is named to seal it to. Raises CannotStart: then nothing is to be changed."""
    for engine, chain in ((database, Chain.MAIN), (key_store, Chain.KEYS)):
        if await schema.current(engine) in chain.known[1:]:
            return await make(where, where.backups, now, chance, told) if where.backups else None
    return []


async def _lines(url: str, chain: Chain, now: datetime, told: Told) -> AsyncGenerator[bytes, None]:
    """What it is, every row, and how many there were."""
    async with copying.snapshot(url) as connection:
        revision = await schema.revision(connection)
        if not revision:
            raise CannotStart(f"There is no {ENDINGS[chain]} to back up yet: run the bot first.")
        tables = await copying.tables(connection, chain)
        yield copying.line(
            {
                "program": VERSION,
                "what": chain.value,
                "schema": revision,
                "made": now.isoformat(),
                "tables": {one.name: [column.name for column in one.columns] for one in tables},
            }
        )
        counts = {}
        for table in tables:
            done = 0
            async for rows in copying.rows(connection, table):
                yield b"".join(copying.line([table.name, *copying.encoded(row)]) for row in rows)
                if done // TOLD_EVERY != (done + len(rows)) // TOLD_EVERY:
                    told(table.name, done + len(rows))
                done += len(rows)
            counts[table.name] = done
        yield copying.line({"rows": counts})


@contextmanager
def _whole(file: Path) -> Iterator[BinaryIO]:
    """A file that is there whole or not at all. Locked meanwhile: by that the dead are known."""
    half = file.with_name(f".{file.name}.new")
    try:
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            fcntl.flock(written, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield written
            written.flush()
            os.fsync(written.fileno())
            half.rename(file)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    whole.on_disk(file.parent)


def _no_room(folder: Path, wrong: OSError) -> str:
    return (
        f"The backup could not be written to {folder}: {wrong.strerror}. Nothing of it was left there: make "
        "room or name another folder, and try again."
    )
