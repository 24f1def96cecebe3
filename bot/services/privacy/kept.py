"""What is stored of a case: the real rows, for whoever may look at that case anyway."""

from bot.chat import Here
from bot.domain.cases import is_for
from bot.domain.errors import DraftGone
from bot.domain.grievances.receipts import Receipt
from bot.ports import BadSeal, CaseRow, Keys, OpenWork, Stored, Work
from bot.services.privacy.drafts import Drafts
from bot.services.privacy.sealing import CaseFiles

_KINDS = ("visit", "message", "grievance")


class Kept:
    def __init__(self, open_work: OpenWork, keys: Keys, drafts: Drafts, files: CaseFiles) -> None:
        self._open_work, self._keys, self._drafts, self._files = open_work, keys, drafts, files

    async def of(self, here: Here, subject: str) -> list[Stored]:
        """Every row of the case that a button's subject (a token, or a number) is about.

        Staff, who come with a number, do not learn here what has not crossed yet, nor anything of
        a case they may not read: also when an old button still carries its number.
        """
        receipt = await self._receipt(here, subject)
        async with self._open_work() as work:
            names = await self._names(work, here, subject, receipt)
            rows = await work.stored(names) if names else []
        return [*rows, await self._keys.stored(names[0])] if rows else []

    async def _names(
        self, work: Work, here: Here, subject: str, receipt: Receipt | None
    ) -> list[str]:
        """What the rows to be shown call the case's key: staff see none of those that wait."""
        if receipt is None:
            row = await work.cases.numbered(here.community.id, subject)
            return [row.key] if row and await self._may_read(work, here, row) else []
        found = await self._files.find(work, here.community.id, receipt)
        return [found[0].key, found[0].waiting.key] if found else []

    async def _may_read(self, work: Work, here: Here, row: CaseRow) -> bool:
        key = (await self._files.open_keys([row.key])).get(row.key)
        if here.staff is None or key is None:
            return False
        try:
            case = self._files.open_case(row, await work.cases.entries([row.id]), key)
        except BadSeal:
            return False
        return is_for(case, here.staff, here.now)

    async def _receipt(self, here: Here, token: str) -> Receipt | None:
        for kind in _KINDS:
            try:
                facts = await self._drafts.open(kind, here.community.id, token)
                return Receipt(facts["receipt"])
            except DraftGone:
                continue
        return None
