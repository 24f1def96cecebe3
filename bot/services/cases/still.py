"""Still: whether what waits to be said about cases still concerns whoever it was written for.

Asked the moment before it is said: since it was written they may have lost the case, or it may have
gone. Whoever may not know of a case any more hears nothing, late or not.
"""

from bot.domain.cases import for_staff, is_for
from bot.domain.communities import Community, Staff
from bot.ports import CaseRow, Clock, Notice, Parcel, Work
from bot.services.notices import Notices
from bot.services.privacy.sealing import CaseFiles

OF_AN_END = (Notice.CASE_WITHDRAWN,)  #: said of a case that is over, too


class Still:
    def __init__(self, files: CaseFiles, notices: Notices, clock: Clock) -> None:
        self._files, self._notices, self._clock = files, notices, clock

    async def concerns(
        self, work: Work, community: Community, parcel: Parcel, person: Staff
    ) -> bool:
        """Whether a case it is about is there, not over, and theirs to know of; also true of what
        is about no case. Raises BadSeal."""
        if parcel.sealed is None:
            return True
        rows = await work.cases.with_ids(await self._notices.cases_of(parcel))
        for row in rows:
            if await self._is_of(work, community, row, parcel, person):
                return True
        return False

    async def _is_of(
        self, work: Work, community: Community, row: CaseRow, parcel: Parcel, person: Staff
    ) -> bool:
        key = (await self._files.open_keys([row.key])).get(row.key)
        if key is None or row.community != community.id:
            return False  # shredded
        case = self._files.open_case(row, await work.cases.entries([row.id]), key)
        at = max(self._clock.now(), case.release)
        if not is_for(case, person, at):
            return False
        return parcel.notice in OF_AN_END or not for_staff(case, community, at).state.over
