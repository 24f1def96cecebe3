"""What a receipt opens: its case, to look at or to act on; and what its holder adds to it.

What is added crosses at the slot, as everything does, or at once where the case is urgent.
"""

from bot.chat import Here
from bot.domain.cases import Case, Entry, Kind
from bot.domain.communities import Community, StaffId
from bot.domain.errors import ReceiptUnknown
from bot.domain.grievances.receipts import Receipt
from bot.domain.grievances.release import crossing
from bot.ports import Clock, Key, Work
from bot.services.communities import Communities
from bot.services.grievances.release import Release
from bot.services.privacy.sealing import CaseFiles


class Receipts:
    def __init__(
        self, communities: Communities, files: CaseFiles, release: Release, clock: Clock
    ) -> None:
        self._communities, self._files = communities, files
        self._release, self._clock = release, clock

    def new_id(self) -> str:
        """Of an entry."""
        return self._files.new_id()

    async def find(self, work: Work, here: Here, receipt: Receipt) -> tuple[Case, Community, Key]:
        """The case, its community and its key. Raises ReceiptUnknown."""
        found = await self._files.find(work, here.community.id, receipt)
        if found is None:
            raise ReceiptUnknown
        case, key = found
        return case, await self._communities.load(work, case.community), key

    async def hold(self, work: Work, here: Here, receipt: Receipt) -> tuple[Case, Community, Key]:
        """The case, to act on it: its community's slot waits until this is done, or was before."""
        case, _, _ = await self.find(work, here, receipt)
        await work.communities.hold(case.community)
        if case.is_released and case.is_urgent:  # is changed at once, while staff may act on it
            await work.cases.with_key(case.key)
        return await self.find(work, here, receipt)

    async def keep(
        self, work: Work, community: Community, case: Case, key: Key, entry: Entry
    ) -> None:
        """Write an entry down, in the transaction that holds the case."""
        if self._at_once(case, entry.kind):
            await self._release.say_at_once(work, community, (case, key), entry)
        else:
            await work.grievances.wait(self._files.waiting_entry(case, entry, key))

    def entry(
        self,
        case: Case,
        community: Community,
        kind: Kind,
        *,
        id: str = "",
        text: str = "",
        people: frozenset[StaffId] = frozenset(),
    ) -> Entry:
        """What the receipt's holder says or does now; ``id``: drawn before, where it has one."""
        urgent = self._at_once(case, kind)
        now = self._clock.now()
        if case.is_released and not urgent:  # also where a clock was put back
            now = max(now, case.release)
        slot = crossing(community.slots, now, urgent=urgent)
        return Entry(
            id=id or self._files.new_id(),
            kind=kind,
            by=None,
            # What is said of a case that waits crosses with it, also when its slot is just over.
            crosses=slot if case.is_released else case.release,
            turn=case.next_turn(),
            text=text,
            people=people,
        )

    def _at_once(self, case: Case, kind: Kind) -> bool:
        """Of an urgent case everything crosses at once, but that it is urgent no more: this waits
        for the slot, so that it does not tell its moment."""
        return case.is_urgent and case.is_released and kind is not Kind.NOT_URGENT
