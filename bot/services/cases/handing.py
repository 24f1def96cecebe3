"""Handing: bringing another reader in, handing a case over, stepping out, muting.

The other person is drawn among the case's readers, never chosen: so nobody can be steered to a case
they were left out of, and whoever asks learns of nobody but the one who was drawn.
"""

from collections.abc import Collection
from dataclasses import dataclass

from bot.chat import Here
from bot.domain.cases import Case, Kind, for_staff, is_for
from bot.domain.cases.escalation import follows, later_staff, told
from bot.domain.communities import Role, Staff, StaffId
from bot.domain.errors import CaseOver, NobodyElse
from bot.ports import Chance, Clock, Key, Notice, OpenWork, Work
from bot.services.cases.climbing import Climbing
from bot.services.cases.desk import Cases, Desk
from bot.services.cases.telling import Telling, is_muted
from bot.services.notices import Notices


@dataclass(frozen=True, slots=True)
class HandedAll:
    """How many cases went to others, and how many stayed, nobody else being able to read them."""

    gone: int
    stayed: int


class Handing:
    def __init__(
        self,
        open_work: OpenWork,
        cases: Cases,
        climbing: Climbing,
        notices: Notices,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._open_work, self._cases, self._climbing = open_work, cases, climbing
        self._notices, self._clock, self._chance = notices, clock, chance

    async def bring_in(self, here: Here, number: str, note: str) -> tuple[Desk, Staff | None]:
        """Another reader is asked to help; gives who was drawn.

        Where every reader is in already, the reporter is asked whether staff who came later may
        read it too: then nobody was drawn. Raises NoSuchCase, CaseOver, NobodyElse.
        """
        async with self._open_work() as work:
            case, key = await self._live(work, here, number)
            standing = for_staff(case, here.community, self._clock.now()).standing
            others = self._others(case, here, {standing.taker} | standing.helpers)
            if others:
                drawn = self._chance.shuffled(others)[0]
                case = await self._hand(work, here, (case, key), Kind.BRING_IN, note, drawn)
                return self._cases.desk(here, case), drawn
            later = later_staff(case, here.community)
            if not later:
                raise NobodyElse
            asked = frozenset(one.id for one in later)
            # The note is for readers alone: it is never part of what the reporter is asked.
            case = await self._cases.add(work, here, (case, key), Kind.NOTE, text=note)
            case = await self._cases.add(work, here, (case, key), Kind.ASK_CONSENT, people=asked)
        return self._cases.desk(here, case, case.entries[-1].crosses), None

    async def hand_over(self, here: Here, number: str, note: str) -> tuple[Desk, Staff]:
        """The case goes to another rep, drawn.

        Raises NoSuchCase, CaseOver, TakenAlready, NobodyElse.
        """
        async with self._open_work() as work:
            case, key = await self._live(work, here, number)
            self._cases.refuse_taken(here, case)
            drawn = self._drawn(case, here)
            case = await self._hand(work, here, (case, key), Kind.HAND_OVER, note, drawn)
        return self._cases.desk(here, case), drawn

    async def hand_over_all(self, here: Here) -> HandedAll:
        """Every case the caller has taken goes to another rep, each drawn anew."""
        listed = await self._cases.work_list(here)
        mine = [v.case.number for v in listed.views if v.standing.taker == here.person.id]
        gone = 0
        for number in mine:
            try:
                await self.hand_over(here, number, "")
                gone += 1
            except (NobodyElse, CaseOver):
                continue
        return HandedAll(gone, len(mine) - gone)

    async def recuse(self, here: Here, number: str) -> None:
        """Step out of the case, for good and without a reason. Raises NoSuchCase, CaseOver."""
        async with self._open_work() as work:
            case, key = await self._live(work, here, number)
            now = self._clock.now().replace(microsecond=0)
            before = told(case, here.community, now)
            case = await self._cases.add(work, here, (case, key), Kind.RECUSE)
            telling = Telling()
            found = follows(case, here.community, now, [Kind.RECUSE])
            if found:
                to = (now, *found)
                case = await self._climbing.step(work, here.community, case, key, to, telling)
            else:  # whoever is to hear of it in their place
                promise = for_staff(case, here.community, now).promise
                new = [one for one in told(case, here.community, now) if one not in before]
                telling.add(case, new, Notice.CASE_WAITS if promise else Notice.CASE_MOVED, promise)
            await telling.say(work, here.community, self._notices)

    async def mute(self, here: Here, number: str) -> tuple[Desk, bool]:
        """No more notices of this case, or notices again; whether it is muted now.

        Raises NoSuchCase.
        """
        async with self._open_work() as work:
            case, key = await self._cases.find(work, here, number)
            case = await self._cases.add(work, here, (case, key), Kind.MUTE)
        return self._cases.desk(here, case), is_muted(case, here.person.id)

    async def _live(self, work: Work, here: Here, number: str) -> tuple[Case, Key]:
        case, key = await self._cases.find(work, here, number)
        if for_staff(case, here.community, self._clock.now()).state.over:
            raise CaseOver
        return case, key

    async def _hand(
        self, work: Work, here: Here, opened: tuple[Case, Key], kind: Kind, note: str, to: Staff
    ) -> Case:
        people = frozenset({to.id})
        case = await self._cases.add(work, here, opened, kind, text=note, people=people)
        telling = Telling()
        notice = Notice.CASE_HANDED if kind is Kind.HAND_OVER else Notice.CASE_BROUGHT_IN
        telling.add(case, [to], notice)
        await telling.say(work, here.community, self._notices)
        return case

    def _drawn(self, case: Case, here: Here) -> Staff:
        """Another rep among the case's readers."""
        others = [one for one in self._others(case, here, set()) if Role.REP in one.roles]
        if not others:
            raise NobodyElse
        return self._chance.shuffled(others)[0]

    def _others(self, case: Case, here: Here, but: Collection[StaffId | None]) -> list[Staff]:
        """Readers who may see it now, are not away and are not in it already."""
        now = self._clock.now()
        return [
            one
            for one in here.community.staff
            if is_for(case, one, now)
            and not one.is_away(now)
            and one.id not in but
            and one.id != here.person.id
        ]
