"""What a world holds, opened with its own key files: cases as both sides would find them.

For proofs that compare what is kept with what somebody else reckoned. Writes nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from adapters.vault import FileVault, read_key_files
from bot.domain.cases import Case
from bot.domain.communities import CommunityId
from bot.ports import Chance, Dates, OpenWork
from bot.services.privacy.sealing import CaseFiles
from bot.settings import Where
from storage.engine import open_engine
from storage.keys import SqlKeys
from storage.work import work_on

_EVER = datetime(2000, 1, 1, tzinfo=UTC)


class Looking:
    def __init__(self, open_work: OpenWork, files: CaseFiles) -> None:
        self.open_work, self._files = open_work, files

    async def case(self, receipt: str) -> tuple[Case, Case] | None:
        """The case with all that its reporter said, and as staff have it; None when it is gone."""
        async with self.open_work() as work:
            ids = await work.communities.all()
            everywhere = [await self._files.find(work, one, receipt) for one in ids]
            found = next((one for one in everywhere if one), None)
            if found is None:
                return None
            case, _ = found
            waits = {row.id for row in await work.grievances.said(case.waiting.key)}
        crossed = (e for e in case.entries if case.is_released and e.id not in waits)
        return case, replace(case, entries=tuple(crossed))

    async def released(self, of: CommunityId) -> AsyncIterator[tuple[Case, Dates]]:
        """Each case that is there still, as staff have it, and what the clock goes by."""
        async with self.open_work() as work:
            rows = await work.cases.with_ids(await work.cases.lately(of, _EVER))
            keys = await self._files.open_keys(row.key for row in rows)
            for row in rows:
                said = await work.cases.entries([row.id])
                yield self._files.open_case(row, said, keys[row.key]), row.dates


@asynccontextmanager
async def looking(where: Where, chance: Chance) -> AsyncIterator[Looking]:
    database, key_store = open_engine(where.database), open_engine(where.key_store)
    try:
        vault = FileVault(read_key_files(where.keys), chance)
        yield Looking(work_on(database), CaseFiles(SqlKeys(key_store), vault, chance))
    finally:
        await database.dispose()
        await key_store.dispose()
