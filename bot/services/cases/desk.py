"""The desk: the work list, a case, and what staff say and do in it.

Whoever may not read a case gets the same answer as for one that does not exist. What staff do is
seen by other readers at once and by the reporter at the next slot.
"""

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bot.chat import Here
from bot.domain.cases import Case, Entry, Kind, State, View, for_staff, is_for
from bot.domain.cases.escalation import RETURN_AFTER
from bot.domain.communities import Community, Staff, StaffId
from bot.domain.errors import CaseOver, NoSuchCase, TakenAlready
from bot.domain.grievances.release import crossing
from bot.domain.grievances.warnings import refuse_tracking_link
from bot.ports import BadSeal, CaseRow, Clock, EntryRow, Key, OpenWork, Work
from bot.services.privacy.audit import Audit
from bot.services.privacy.marks import Marks
from bot.services.privacy.sealing import CaseFiles, dates

#: What staff may do only while a case is not over.
_LIVE_ONLY = (Kind.ACKNOWLEDGE, Kind.ASK, Kind.RESOLVE, Kind.CLOSE)


@dataclass(frozen=True, slots=True)
class WorkList:
    """A rep's live cases, the one that is due first in front."""

    community: Community
    views: tuple[View, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """One case as a rep sees it. ``crosses``: when the reporter sees what was just done."""

    community: Community
    view: View
    crosses: datetime | None = None


class Cases:
    def __init__(
        self, open_work: OpenWork, files: CaseFiles, marks: Marks, audit: Audit, clock: Clock
    ) -> None:
        self._open_work, self._files = open_work, files
        self._marks, self._audit, self._clock = marks, audit, clock

    async def work_list(self, here: Here) -> WorkList:
        """The live cases the caller is a reader of, by what is due."""
        async with self._open_work() as work:
            return WorkList(here.community, await self.own(work, here.community, here.person))

    async def next_after(self, here: Here, number: str) -> Desk | None:
        """The case that stands behind ``number`` in the list, opened; round again at its end.

        None when there is no other.
        """
        async with self._open_work() as work:
            own = await self.own(work, here.community, here.person)
        numbers = [view.case.number for view in own]
        at = numbers.index(number) + 1 if number in numbers else 0
        others = [one for one in numbers[at:] + numbers[:at] if one != number]
        return await self.open(here, others[0]) if others else None

    async def open(self, here: Here, number: str) -> Desk:
        """The case, with all that has crossed; the first look is noted for the reporter.

        Raises NoSuchCase.
        """
        return await self._act(here, number, Kind.OPENED)

    async def look(self, here: Here, number: str) -> Desk:
        """The case without noting anything. Raises NoSuchCase."""
        async with self._open_work() as work:
            case, _ = await self.find(work, here, number)
        return self.desk(here, case)

    async def acknowledge(self, here: Here, number: str) -> Desk:
        """Take the case: stops the climb. Raises NoSuchCase, CaseOver, TakenAlready."""
        return await self._act(here, number, Kind.ACKNOWLEDGE)

    async def say(self, here: Here, number: str, kind: Kind, text: str) -> Desk:
        """Reply, ask, note or resolve with ``text``.

        Raises NoSuchCase, CaseOver, Invalid (an address that could tell who opens it).
        """
        if kind is not Kind.NOTE:
            refuse_tracking_link("outcome" if kind is Kind.RESOLVE else "text", text)
        return await self._act(here, number, kind, text)

    async def close(self, here: Here, number: str) -> Desk:
        """Close the case without an outcome. Raises NoSuchCase, CaseOver."""
        return await self._act(here, number, Kind.CLOSE)

    async def _act(self, here: Here, number: str, kind: Kind, text: str = "") -> Desk:
        marks = await self._marks.of(here.caller.once)
        async with self._open_work() as work:
            await work.communities.hold(here.community.id)  # what a digest counts is whole
            case, key = await self.find(work, here, number)
            view = self.desk(here, case).view
            if view.state is State.WITHDRAWN or (view.state.over and kind in _LIVE_ONLY):
                if kind is Kind.OPENED:
                    return self.desk(here, case)
                raise CaseOver
            again = not await self._marks.first_time(work, marks)
            if again or _said_before(case, here, view, kind):
                return self.desk(here, case)
            if kind is Kind.ACKNOWLEDGE:
                self.refuse_taken(here, case)
            case = await self.add(work, here, (case, key), kind, text=text)
        return self.desk(here, case, case.entries[-1].crosses)

    async def add(
        self,
        work: Work,
        here: Here,
        opened: tuple[Case, Key],
        kind: Kind,
        *,
        text: str = "",
        people: frozenset[StaffId] = frozenset(),
    ) -> Case:
        """What a member of staff says or does, kept; the case with it. For the other verbs of this
        room, inside their transaction."""
        (case, key), now = opened, self._clock.now().replace(microsecond=0)
        entry = Entry(
            id=self._files.new_id(),
            kind=kind,
            by=here.person.id,
            crosses=crossing(here.community.slots, now, urgent=case.is_urgent),
            turn=case.next_turn(),
            text=text,
            people=people,
            at=now,
        )
        await work.cases.add_entry(self._files.entry_row(case, entry, key))
        case = replace(case, entries=(*case.entries, entry))
        await work.cases.set_dates(case.id, dates(case, here.community, now))
        if kind is not Kind.OPENED:
            await self._audit.note(work, here.community, here.person, f"case.{kind.value}")
        return case

    def refuse_taken(self, here: Here, case: Case) -> None:
        """Nobody takes a case away from whoever has it. Raises TakenAlready."""
        taker = for_staff(case, here.community, self._clock.now()).standing.taker
        person = here.community.person(taker) if taker else None
        if person and person.id != here.person.id and case.may_read(person.id):
            raise TakenAlready(who=person.name)

    async def find(self, work: Work, here: Here, number: str) -> tuple[Case, Key]:
        """A case the caller may know of, held until the transaction ends. Raises NoSuchCase."""
        row = await work.cases.numbered(here.community.id, number)
        keys = await self._files.open_keys([row.key] if row else [])
        if row is None or row.key not in keys:
            raise NoSuchCase
        try:
            case = self._files.open_case(row, await work.cases.entries([row.id]), keys[row.key])
        except BadSeal:  # the clock notes it: here nobody can do anything about it
            raise NoSuchCase from None
        if not is_for(case, here.person, self._clock.now()):
            raise NoSuchCase
        return case, keys[row.key]

    async def own(self, work: Work, community: Community, person: Staff) -> tuple[View, ...]:
        """The live cases that somebody may know of, the one that is due first in front."""
        now = self._clock.now()
        rows = await work.cases.live(community.id)
        cases = [case for case in await self._opened(work, rows) if is_for(case, person, now)]
        views = (for_staff(case, community, now) for case in cases)
        return tuple(sorted((v for v in views if not v.state.over), key=_by_due))

    async def _opened(self, work: Work, rows: list[CaseRow]) -> list[Case]:
        """Those that can be opened; the clock notes the others."""
        keys = await self._files.open_keys(row.key for row in rows)
        said: dict[str, list[EntryRow]] = defaultdict(list)
        for entry in await work.cases.entries([row.id for row in rows]):
            said[entry.case].append(entry)
        found = []
        for row in rows:
            if row.key in keys:
                with suppress(BadSeal):
                    found.append(self._files.open_case(row, said[row.id], keys[row.key]))
        return found

    def desk(self, here: Here, case: Case, crosses: datetime | None = None) -> Desk:
        """The case as the caller sees it now."""
        view = for_staff(case, here.community, self._clock.now())
        return Desk(here.community, view, crosses)


def _by_due(view: View) -> tuple[bool, bool, datetime, str]:
    """Urgent cases come first, then what is late, what is owed first, and what waits longest."""
    due = view.missed or owed_by(view)
    return (not view.case.is_urgent, due is None, due or view.since, view.case.number)


def owed_by(view: View) -> datetime | None:
    """By when something must be done, or the case climbs: a first word, or a word that is owed."""
    owed = view.standing.owed
    return view.promise or (owed + RETURN_AFTER if owed else None)


def _said_before(case: Case, here: Here, view: View, kind: Kind) -> bool:
    """Opening and acknowledging count once per person; a retry adds nothing."""
    if kind is Kind.ACKNOWLEDGE:
        return view.standing.taker == here.person.id
    return kind is Kind.OPENED and any(
        e.kind is kind and e.by == here.person.id for e in case.entries
    )
