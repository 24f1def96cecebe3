"""Visits: what a receipt's holder sees and does, without anyone learning that they came.

Looking writes nothing to the database. A visit is a draft that seals the receipt, so that the
buttons of the view carry a random token: never the receipt, never the number staff know.
What is done waits for the slot like everything else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.chat import Here, Token
from bot.domain.cases import Case, Kind, State, View, for_reporter
from bot.domain.cases.escalation import later_staff, readers_now
from bot.domain.communities import Community, Slots, Staff, StaffId
from bot.domain.errors import (
    CaseOver,
    NoHigherStep,
    NothingToAgree,
)
from bot.domain.grievances.receipts import Receipt
from bot.domain.grievances.release import crossing
from bot.ports import Clock, Keys, OpenWork
from bot.services.grievances.receipts import Receipts
from bot.services.privacy.drafts import Drafts

VISIT = "visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """The reporter's view of a case. ``look_again``: the next slot that can bring news."""

    token: Token
    view: View
    community: Community
    look_again: datetime
    put_off: bool
    to_be_deleted: datetime | None
    nobody_left: bool
    to_agree: tuple[Staff, ...]
    asked_to_climb: datetime | None

    @property
    def may_escalate(self) -> bool:
        """Whether there is a higher step, and it was not asked for already."""
        waits = self.asked_to_climb is not None
        state = self.view.state
        return not (waits or state.over or state is State.WAITING or self.view.next_target is None)


class Visits:
    def __init__(
        self,
        open_work: OpenWork,
        receipts: Receipts,
        keys: Keys,
        drafts: Drafts,
        clock: Clock,
    ) -> None:
        self._open_work, self._receipts = open_work, receipts
        self._keys, self._drafts, self._clock = keys, drafts, clock

    async def come(self, here: Here, receipt: Receipt) -> Visit:
        """The view a receipt opens, with a new visit. Raises ReceiptUnknown."""
        async with self._open_work() as work:
            case, community, _ = await self._receipts.find(work, here, receipt)
        token = await self._drafts.keep(VISIT, here.community.id, {"receipt": receipt})
        return await self._remembering(here, receipt, self.of(token, case, community))

    async def look(self, here: Here, token: str) -> Visit:
        """The view again. Raises DraftGone, ReceiptUnknown."""
        receipt = await self.receipt(here, token)
        async with self._open_work() as work:
            case, community, _ = await self._receipts.find(work, here, receipt)
        return await self._remembering(here, receipt, self.of(Token(token), case, community))

    async def _remembering(self, here: Here, receipt: Receipt, visit: Visit) -> Visit:
        """Remember, in the visit's own draft, whom it names: ``agree`` means these and no others."""
        if visit.to_agree:
            asked = sorted(one.id for one in visit.to_agree)
            await self._drafts.keep(
                VISIT, here.community.id, {"receipt": receipt, "asked": asked}, visit.token
            )
        return visit

    async def leave_out(self, here: Here, token: str, people: frozenset[StaffId]) -> Visit:
        """Leave more people out, from the slot on. Raises NobodyLeft."""
        async with self._open_work() as work:
            case, community, key = await self._receipts.hold(
                work, here, await self.receipt(here, token)
            )
            there = {one.id for one in readers_now(case, community)}
            if there and there <= people:
                raise community.nobody_left()
            if any(case.may_read(one) for one in people):
                entry = self._receipts.entry(case, community, Kind.LEAVE_OUT, people=people)
                await self._receipts.keep(work, community, case, key, entry)
        return await self.look(here, token)

    async def escalate(self, here: Here, token: str) -> Visit:
        """Ask for the case to climb: from the slot on it stands at the next step.

        Raises CaseOver, NoHigherStep.
        """
        visit = await self.look(here, token)
        if visit.view.state.over or visit.to_be_deleted:
            raise CaseOver
        if not visit.may_escalate and visit.asked_to_climb is None:
            raise NoHigherStep
        now, slots = self._clock.now(), visit.community.slots
        return await self._act(
            here,
            token,
            Kind.ESCALATE,
            only_if=lambda case: _asked_to_climb(case, slots, now) is None,
        )

    async def agree(self, here: Here, token: str) -> tuple[Visit, bool]:
        """Agree to the readers a rep asked for; when nobody is left, to today's staff.

        Only to those whom the view named: where that has changed, nothing is done (False).
        Raises NothingToAgree.
        """
        shown = set(
            (await self._drafts.open(VISIT, here.community.id, token, here.draft)).get("asked", ())
        )
        visit = await self.look(here, token)
        if not visit.to_agree:
            raise NothingToAgree
        people = frozenset(one.id for one in visit.to_agree)
        if people != shown:  # others than those who were named: they are shown first
            return visit, False
        done = await self._act(
            here,
            token,
            Kind.AGREE,
            only_if=lambda case: not all(case.may_read(one) for one in people),
            people=people,
        )
        return done, True

    async def not_urgent(self, here: Here, token: str) -> Visit:
        """From now on this case crosses at slots like all others."""
        return await self._act(here, token, Kind.NOT_URGENT, only_if=lambda case: case.is_urgent)

    async def withdraw(self, here: Here, token: str) -> Visit:
        """Take the case back: final, and known to its readers from the slot on."""
        return await self._act(
            here, token, Kind.WITHDRAW, only_if=lambda case: not _done(case, Kind.WITHDRAW)
        )

    async def delete(self, here: Here, token: str) -> datetime | None:
        """Delete for good: at once where nobody has seen it yet, else at the slot.

        Returns the slot, None when it is gone already. Its key is destroyed, so that no copy of
        the database opens it any more.
        """
        async with self._open_work() as work:
            case, community, key = await self._receipts.hold(
                work, here, await self.receipt(here, token)
            )
            if not case.is_released or case.is_urgent:
                await self._keys.destroy([case.key], crossing(community.slots, self._clock.now()))
                await work.grievances.leave_all(case.waiting.key)
                await work.cases.remove(case.id)
                slot = None
            else:
                entry = self._receipts.entry(case, community, Kind.DELETE)
                slot = deleted_at(case)
                if slot is None:
                    await self._receipts.keep(work, community, case, key, entry)
                    slot = entry.crosses
        if slot is None:
            await self._drafts.drop(token)
        return slot

    async def _act(
        self,
        here: Here,
        token: str,
        kind: Kind,
        *,
        only_if: Callable[[Case], bool],
        people: frozenset[StaffId] = frozenset(),
    ) -> Visit:
        async with self._open_work() as work:
            case, community, key = await self._receipts.hold(
                work, here, await self.receipt(here, token)
            )
            if only_if(case):
                entry = self._receipts.entry(case, community, kind, people=people)
                await self._receipts.keep(work, community, case, key, entry)
        return await self.look(here, token)

    async def receipt(self, here: Here, token: str) -> Receipt:
        """The one that a visit seals. Raises DraftGone."""
        return Receipt(
            (await self._drafts.open(VISIT, here.community.id, token, here.draft))["receipt"]
        )

    def of(self, token: Token, case: Case, community: Community) -> Visit:
        """The view of a case that is loaded already."""
        now = self._clock.now()
        put_off = not case.urgent and case.told < case.release and case.told <= now
        view = for_reporter(case, community, now)
        nobody = not readers_now(case, community)
        return Visit(
            token,
            view,
            community,
            community.slots.after(now),
            put_off,
            deleted_at(case),
            nobody,
            later_staff(case, community) if nobody else _asked(view, community),
            _asked_to_climb(case, community.slots, now),
        )


def _done(case: Case, kind: Kind) -> bool:
    return any(entry.kind is kind for entry in case.entries)


def _asked_to_climb(case: Case, slots: Slots, now: datetime) -> datetime | None:
    """When what the reporter asked for crosses, or did: an urgent case climbs at once, and once
    from slot to slot, however often the button is pressed."""
    asked = [e.crosses for e in case.entries if e.kind is Kind.ESCALATE]
    if case.is_urgent:
        return next((at for at in asked if at >= slots.upto(now)), None)
    return next((at for at in asked if at > now), None)


def _asked(view: View, community: Community) -> tuple[Staff, ...]:
    """Whom a rep asked to bring in, as far as the reporter sees it and has not agreed."""
    asked = {one for e in view.entries if e.kind is Kind.ASK_CONSENT for one in e.people}
    able = {one.id for one in later_staff(view.case, community)}
    return tuple(one for one in community.staff if one.id in asked & able)


def deleted_at(case: Case) -> datetime | None:
    """When the reporter's word that it is to be deleted crosses, or did."""
    return next((e.crosses for e in case.entries if e.kind is Kind.DELETE), None)
