"""One installation opened for its operator, beside the running bot or without it.

What ``communities``, ``export`` and ``forget`` do there; what they say is the command line's.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.logs import stderr_log
from adapters.vault import FileVault, read_key_files
from bot.domain.communities import CommunityId
from bot.domain.errors import CannotSave, NoCommunity
from bot.ports import BadSeal, Figure, Keys, OpenWork
from bot.services.communities import Communities
from bot.services.digests.files import DigestFiles
from bot.services.export import Export
from bot.services.privacy.audit import Audit
from bot.services.privacy.forgetting import Forgetting, Progress
from bot.services.privacy.seals import Seals
from bot.services.status import Status
from bot.settings import CannotStart, Where
from storage import schema
from storage.belongings import IN_TURN
from storage.engine import open_engine
from storage.keys import SqlKeys
from storage.schema import Chain
from storage.scrubbing import scrub
from storage.work import work_on


@dataclass(frozen=True, slots=True)
class Named:
    """A community as its operator knows it. ``troubles``: what is not well there, None where it
    could not be looked at."""

    id: CommunityId
    name: str
    code: str
    troubles: Sequence[Figure] | None = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """The databases of one installation, and who may work on them."""

    database: AsyncEngine
    key_store: AsyncEngine
    vault: FileVault
    open_work: OpenWork
    keys: Keys

    def known(self) -> tuple[Seals, Audit, Communities]:
        seals = Seals(self.keys, self.vault)
        audit = Audit(self.open_work, seals, self.vault, SystemChance())
        return seals, audit, Communities(self.open_work, seals, self.vault, audit, SystemClock())

    async def all(self) -> list[Named]:
        """Every community, by its name."""
        found = []
        async with self.open_work() as work:
            for id in await work.communities.all():
                if one := await work.communities.get(id):
                    found.append(Named(id, one[0].name, one[0].code))
        return sorted(found, key=lambda one: (one.name.casefold(), one.code))


@asynccontextmanager
async def opened(where: Where) -> AsyncIterator[Opened]:
    """Both databases, if they are this program's and the key files theirs. Raises CannotStart."""
    vault = FileVault(read_key_files(where.keys), SystemChance())
    database, key_store = open_engine(where.database), open_engine(where.key_store)
    try:
        for engine, chain in ((database, Chain.MAIN), (key_store, Chain.KEYS)):
            if await schema.current(engine) != chain.newest:
                raise CannotStart(
                    "The databases are not at this program's schema: run `groundswell db upgrade`."
                )
        await schema.same_keys(database, vault.fingerprint())
        await schema.same_keys(key_store, vault.fingerprint(), "key store")
        await schema.fit(database, key_store)
        yield Opened(database, key_store, vault, work_on(database), SqlKeys(key_store))
    except CannotSave:
        raise CannotStart(
            "The database cannot keep anything just now: see that it runs and has room, and try again."
        ) from None
    except NoCommunity:
        raise CannotStart(
            "That community is gone or half gone: `groundswell forget` takes what is left."
        ) from None
    except BadSeal as bad:
        raise CannotStart(
            f"A row was changed after it was written, or a disk is failing ({bad}): put back a backup."
        ) from None
    finally:
        await database.dispose()
        await key_store.dispose()


async def communities(where: Where) -> list[Named]:
    """Every community with what is not well there. Raises CannotStart."""
    async with opened(where) as ours:
        _, _, known = ours.known()
        health = await Status(ours.open_work, known, ours.keys, SystemClock()).of_each()
        return [
            Named(one.id, one.name, one.code, sorted(health[one.id]) if one.id in health else None)
            for one in await ours.all()
        ]


async def find(where: Where, asked: str) -> Named:
    """A community by its name or its code, however these are written. Raises CannotStart."""
    async with opened(where) as ours:
        every, wanted = await ours.all(), asked.strip().casefold()
    found = [one for one in every if one.code.casefold() == wanted]
    found = found or [one for one in every if one.name.casefold() == wanted]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CannotStart(
            f"No community is called {asked!r} here: `groundswell communities` lists them all."
        )
    codes = " or ".join(one.code for one in found)
    raise CannotStart(f"{len(found)} communities are called {asked!r}: name its code, {codes}.")


async def export(where: Where, id: CommunityId) -> dict[str, Any]:
    """What a community may take with it. Raises CannotStart."""
    async with opened(where) as ours:
        seals, audit, known = ours.known()
        digests = DigestFiles(seals, ours.vault, stderr_log(level="warning"))
        return await Export(ours.open_work, known, digests, audit, SystemClock()).of(id)


async def forget(where: Where, id: CommunityId, told: Progress) -> Mapping[str, int]:
    """Destroy all that is kept of a community, and what lies of it in the files. Raises CannotStart."""
    async with opened(where) as ours:
        gone = await Forgetting(ours.open_work, ours.keys, SystemClock()).forget(id, told)
        for done, table in enumerate(IN_TURN, 1):
            await scrub(ours.database, table.name)
            told("files", done, len(IN_TURN))
        return gone
