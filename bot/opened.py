"""One installation opened for its operator, beside the running bot or without it.

What ``communities``, ``export``, ``forget`` and ``audit verify`` do there; what they say is the
command line's.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.logs import stderr_log
from adapters.sandbox.time import CLOCK, MovedClock
from adapters.vault import FileVault, vault_in
from bot.domain.communities import CommunityId
from bot.domain.communities.pending import has_second
from bot.domain.errors import CannotSave, NoCommunity
from bot.ports import BadSeal, Clock, Figure, Keys, OpenWork, Work
from bot.services.communities import Communities
from bot.services.communities.codes import Code, Codes
from bot.services.communities.findings import Findings, Wrong
from bot.services.communities.founding import claim_code
from bot.services.digests.files import DigestFiles
from bot.services.export import Export
from bot.services.privacy.audit import Audit, Verdict
from bot.services.privacy.drafts import Drafts
from bot.services.privacy.forgetting import Forgetting, Progress
from bot.services.privacy.limits import Limits
from bot.services.privacy.seals import Seals
from bot.services.status import Status
from bot.settings import CannotStart, Where
from bot.starting import NOTHING_KEPT
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

    @property
    def called(self) -> str:
        """Its name, and its code where nobody has named it yet."""
        return self.name or f"the community {self.code}"


@dataclass(frozen=True, slots=True)
class Opened:
    """The databases of one installation, and who may work on them."""

    database: AsyncEngine
    key_store: AsyncEngine
    vault: FileVault
    open_work: OpenWork
    keys: Keys
    clock: Clock

    def known(self) -> tuple[Seals, Audit, Communities]:
        seals = Seals(self.keys, self.vault)
        audit = Audit(self.open_work, seals, self.vault, SystemChance())
        memory = (self.open_work, self.keys, seals, self.vault, audit)
        shelf = Communities(*memory, self.clock)
        return seals, audit, shelf

    async def all(self) -> list[Named]:
        """Every community, by its name."""
        async with self.open_work() as work:
            found = [Named(*one) for one in await work.communities.names()]
        return sorted(found, key=lambda one: (one.name.casefold(), one.code))


@asynccontextmanager
async def opened(where: Where) -> AsyncIterator[Opened]:
    """Both databases, if they are this program's and the key files theirs. Raises CannotStart."""
    vault = vault_in(where.keys, SystemChance())
    # Moved, where the sandbox runs on it and somebody moved it there.
    clock = MovedClock(SystemClock(), where.data / CLOCK)
    database, key_store = open_engine(where.database), open_engine(where.key_store)
    try:
        for engine, chain in ((database, Chain.MAIN), (key_store, Chain.KEYS)):
            if await schema.current(engine) != chain.newest:
                raise CannotStart(
                    "The databases are not at this program's schema: run `groundswell db upgrade`."
                )
        known = vault.fingerprints().values()
        ours = await schema.one_installation(database, key_store, vault.fingerprint(), known)
        vault.use(ours)
        await schema.fit(database, key_store)
        yield Opened(database, key_store, vault, work_on(database), SqlKeys(key_store), clock)
    except CannotSave:
        raise CannotStart(NOTHING_KEPT) from None
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
        health = await Status(ours.open_work, known, ours.keys, ours.clock).of_each()
        return [
            Named(one.id, one.name, one.code, sorted(health[one.id]) if one.id in health else None)
            for one in await ours.all()
        ]


async def find(where: Where, asked: str) -> Named:
    """A community by its name or its code, however these are written. Raises CannotStart."""
    async with opened(where) as ours:
        every, wanted = await ours.all(), asked.strip().casefold()
    found = [one for one in every if one.code.casefold() == wanted]
    found = found or [one for one in every if wanted and one.name.casefold() == wanted]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CannotStart(
            f"No community is called {asked!r} here: `groundswell communities` lists them all."
        )
    codes = " or ".join(one.code for one in found)
    raise CannotStart(f"{len(found)} communities are called {asked!r}: name its code, {codes}.")


async def claim(where: Where, days: int, asked: str | None) -> tuple[Code, Named | None]:
    """A code for the first moderator of a new community; or, for one that is named and has no second
    moderator, for one more. Only the key store is written. Raises CannotStart."""
    one = await find(where, asked) if asked is not None else None
    async with opened(where) as ours:
        if one is not None:
            _, _, known = ours.known()
            async with ours.open_work() as work:
                community = await known.load(work, one.id)
            if has_second(community, ours.clock.now()):
                raise CannotStart(
                    f"{one.called} has a second moderator: ask one of its moderators to offer the "
                    "role with /setup staff."
                )
        chance = SystemChance()
        drafts = Drafts(ours.keys, ours.vault, ours.clock, chance)
        codes = Codes(drafts, Limits(ours.clock, chance), ours.clock, chance)
        id = one.id if one else None
        return await claim_code(codes, chance, timedelta(days=days), id), one


async def wrong(where: Where, *, mails: bool) -> list[tuple[Named, list[Wrong] | None]]:
    """Of every community what its moderators or the operator should put right, as far as the
    database tells; None of one that could not be looked at. ``mails``: whether e-mail is sent from
    here at all. Raises CannotStart."""
    async with opened(where) as ours:
        _, _, known = ours.known()
        findings, found = Findings(ours.open_work, {}, ours.clock, mails=mails), []
        for one in await ours.all():
            async with ours.open_work() as work:
                found.append((one, await _wrong_with(one, work, known, findings)))
        return found


async def _wrong_with(
    one: Named, work: Work, known: Communities, findings: Findings
) -> list[Wrong] | None:
    try:
        return await findings.kept(work, await known.load(work, one.id))
    except (BadSeal, NoCommunity):
        return None


async def chains(where: Where) -> list[tuple[Named, Verdict]]:
    """Every community, and how its audit chain was found. Raises CannotStart."""
    async with opened(where) as ours:
        _, audit, _ = ours.known()
        return [(one, await audit.verify(one.id)) for one in await ours.all()]


async def export(where: Where, id: CommunityId) -> dict[str, Any]:
    """What a community may take with it. Raises CannotStart."""
    async with opened(where) as ours:
        seals, audit, known = ours.known()
        digests = DigestFiles(seals, ours.vault, stderr_log(level="warning"))
        return await Export(ours.open_work, known, digests, audit, ours.clock).of(id)


async def forget(where: Where, id: CommunityId, told: Progress) -> Mapping[str, int]:
    """Destroy all that is kept of a community, and what lies of it in the files. Raises CannotStart."""
    async with opened(where) as ours:
        gone = await Forgetting(ours.open_work, ours.keys, ours.clock).forget(id, told)
        for done, table in enumerate(IN_TURN, 1):
            await scrub(ours.database, table.name)
            told("files", done, len(IN_TURN))
        return gone
