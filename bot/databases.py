"""What the operator does with both databases: see at which schema each is, and bring them to this
program's.

Reads no words of anybody; each is closed again at the end.
"""

from pathlib import Path

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from bot.backups import Told, before_migration
from bot.settings import Where
from storage import schema
from storage.engine import open_engine
from storage.schema import Chain


async def revision(url: str) -> str:
    """Where one is; "" where it is empty. Raises CannotStart."""
    engine = open_engine(url)
    try:
        return await schema.current(engine)
    finally:
        await engine.dispose()


async def revisions(where: Where) -> list[tuple[str, str, str]]:
    """(name, its revision, this program's) of both databases."""
    return [(name, await revision(url), chain.newest) for name, url, chain in both(where)]


async def upgraded(where: Where, told: Told) -> tuple[list[Path] | None, list[tuple[str, str]]]:
    """Bring both to this program's schema: the backup that was made before, none where that was not
    needed, None where nobody is named to seal it to; and (name, revision). Raises CannotStart."""
    where.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database, key_store = open_engine(where.database), open_engine(where.key_store)
    now = SystemClock().now()
    try:
        made = await before_migration(where, database, key_store, now, SystemChance(), told)
        await schema.upgrade(database, Chain.MAIN)
        await schema.upgrade(key_store, Chain.KEYS)
    finally:
        await database.dispose()
        await key_store.dispose()
    return made, [(name, revision) for name, revision, _ in await revisions(where)]


def both(where: Where) -> tuple[tuple[str, str, Chain], ...]:
    """(what it is called, its address, its schema's chain) of both databases."""
    return (
        ("database", where.database, Chain.MAIN),
        ("key store", where.key_store, Chain.KEYS),
    )
