"""What the operator does with both databases: see at which schema each is, bring them to this program's,
and have the chains of what staff did verified.

Reads no words of anybody; each is closed again at the end.
"""

from pathlib import Path

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.vault import vault_in
from bot.backups import Told, before_migration
from bot.domain.communities import CommunityId
from bot.ports import Work
from bot.services.privacy.audit import Audit, Verdict
from bot.services.privacy.seals import Seals
from bot.settings import Where
from storage import schema
from storage.engine import open_engine
from storage.keys import SqlKeys
from storage.schema import Chain
from storage.work import work_on


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


async def chains(where: Where) -> list[tuple[str, Verdict]]:
    """Every community's name, and how its audit chain was found. Raises CannotStart."""
    chance, engine = SystemChance(), open_engine(where.database)
    key_store = open_engine(where.key_store)
    vault = vault_in(where.keys, chance)
    try:
        for one in (engine, key_store):
            await schema.current(one)
        open_work = work_on(engine)
        async with open_work() as work:
            names = {id: await _name(work, id) for id in await work.communities.all()}
        audit = Audit(open_work, Seals(SqlKeys(key_store), vault), vault, chance)
        return [(name, await audit.verify(id)) for id, name in names.items()]
    finally:
        await engine.dispose()
        await key_store.dispose()


async def _name(work: Work, id: CommunityId) -> str:
    found = await work.communities.get(id)
    return found[0].name if found else ""


def both(where: Where) -> tuple[tuple[str, str, Chain], ...]:
    """(what it is called, its address, its schema's chain) of both databases."""
    return (
        ("database", where.database, Chain.MAIN),
        ("key store", where.key_store, Chain.KEYS),
    )
