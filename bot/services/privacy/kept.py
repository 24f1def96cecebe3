"""What is stored of a case: the real rows, for whoever is looking at that case anyway."""

from bot.domain.communities import CommunityId
from bot.domain.errors import DraftGone
from bot.domain.grievances.receipts import Receipt
from bot.ports import Keys, OpenWork, Stored, Work
from bot.services.privacy.drafts import Drafts
from bot.services.privacy.sealing import CaseFiles

_KINDS = ("visit", "message", "grievance")


class Kept:
    def __init__(self, open_work: OpenWork, keys: Keys, drafts: Drafts, files: CaseFiles) -> None:
        self._open_work, self._keys, self._drafts, self._files = open_work, keys, drafts, files

    async def of(self, community: CommunityId, subject: str) -> list[Stored]:
        """Every row of the case that a button's subject (a token, or a number) is about."""
        receipt = await self._receipt(subject)
        async with self._open_work() as work:
            key = await self._key(work, community, subject, receipt)
            rows = await work.stored(key) if key else []
        if receipt is None:  # staff do not learn here what has not crossed yet
            rows = [one for one in rows if one.table != "waiting"]
        return [*rows, await self._keys.stored(key)] if key and rows else []

    async def _key(
        self, work: Work, community: CommunityId, subject: str, receipt: Receipt | None
    ) -> str | None:
        if receipt is None:
            row = await work.cases.numbered(community, subject)
            return row.key if row else None
        found = await self._files.find(work, receipt)
        return found[0].key if found else None

    async def _receipt(self, token: str) -> Receipt | None:
        for kind in _KINDS:
            try:
                return Receipt((await self._drafts.open(kind, token))["receipt"])
            except DraftGone:
                continue
        return None
