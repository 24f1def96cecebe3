"""Telling: whom to tell about a case, each person alone, without a word or a number of it.

Gathered over one transaction, so that each sentence is said once: how many cases came is not told.
Nobody who may not read a case ever hears of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.cases import Case, Kind, is_for
from bot.domain.communities import Community, Staff, StaffId
from bot.ports import Notice, Work
from bot.services.notices import Notices

NEWS = frozenset({Notice.CASE_MOVED, Notice.CASE_WITHDRAWN})  #: what asks nothing of anybody


@dataclass
class Telling:
    """What is to be said once the transaction's work is done."""

    said: dict[tuple[StaffId, Notice, str, bool], set[str]] = field(default_factory=dict)
    #: which cases stand behind each sentence: while one does for this person, it is said

    def add(
        self, case: Case, people: Iterable[Staff], notice: Notice, by: datetime | None = None
    ) -> None:
        """Tell those of ``people`` who may know of the case; ``by``: until when. Whoever muted it
        hears no news of it, but what needs them all the same: a case never falls silent."""
        when = by.isoformat() if by else ""
        for one in people:
            silent = notice in NEWS and is_muted(case, one.id)
            if is_for(case, one, case.release) and not silent:
                self.said.setdefault((one.id, notice, when, case.is_urgent), set()).add(case.id)

    async def say(self, work: Work, community: Community, notices: Notices) -> None:
        for id, notice, by, urgent in sorted(self.said):
            facts = {"by": by} if by else {}
            person = community.person(id)
            if person is not None:
                about = self.said[id, notice, by, urgent]
                to = (work, community, person)
                await notices.to_person(*to, notice, facts, urgent=urgent, cases=about)


def is_muted(case: Case, person: StaffId) -> bool:
    """Whether this person muted the case: the button turns it on and off."""
    times = sum(e.kind is Kind.MUTE and e.by == person for e in case.entries)
    return times % 2 == 1
