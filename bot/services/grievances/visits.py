"""Visits: what a receipt's holder sees and does, without anyone learning that they came.

Looking writes nothing to the database. A visit is a draft that seals the receipt, so that the
buttons of the view carry a random token: never the receipt, never the number staff know.
What is done waits for the slot like everything else.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.chat import Here, Token
from bot.domain.cases import Case, Entry, Kind, State, View, for_reporter
from bot.domain.cases.escalation import later_staff, readers_now
from bot.domain.communities import Community, Slots, Staff, StaffId
from bot.domain.errors import (
    AlreadySent,
    CannotSave,
    CaseOver,
    DraftGone,
    NoHigherStep,
    NothingToAgree,
    ReceiptUnknown,
    TooManyMessages,
)
from bot.domain.grievances.receipts import Receipt
from bot.domain.grievances.release import crossing
from bot.domain.grievances.warnings import Warned, refuse_own_receipt, warnings
from bot.domain.privacy import Act
from bot.ports import Clock, Key, Keys, OpenWork, Work
from bot.services.communities import Communities
from bot.services.grievances.release import Release
from bot.services.privacy.drafts import Drafts, Facts
from bot.services.privacy.limits import Limits
from bot.services.privacy.sealing import CaseFiles

VISIT, MESSAGE = "visit", "message"


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


@dataclass(frozen=True, slots=True)
class Said:
    """A message taken, or one held back once because ``warnings`` were found in it."""

    visit: Visit
    text: str
    draft: Token
    warnings: tuple[Warned, ...]
    crosses: datetime | None


class Visits:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        files: CaseFiles,
        keys: Keys,
        drafts: Drafts,
        limits: Limits,
        release: Release,
        clock: Clock,
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._files, self._keys, self._drafts = files, keys, drafts
        self._limits, self._release, self._clock = limits, release, clock

    async def come(self, here: Here, receipt: Receipt) -> Visit:
        """The view a receipt opens, with a new visit. Raises ReceiptUnknown."""
        async with self._open_work() as work:
            case, community, _ = await self._find(work, here, receipt)
        token = await self._drafts.keep(VISIT, here.community.id, {"receipt": receipt})
        return await self._shown(here, receipt, self._visit(token, case, community))

    async def look(self, here: Here, token: str) -> Visit:
        """The view again. Raises DraftGone, ReceiptUnknown."""
        receipt = await self._receipt(here, token)
        async with self._open_work() as work:
            case, community, _ = await self._find(work, here, receipt)
        return await self._shown(here, receipt, self._visit(Token(token), case, community))

    async def _shown(self, here: Here, receipt: Receipt, visit: Visit) -> Visit:
        """Remember, in the visit's own draft, whom it names: ``agree`` means these and no others."""
        if visit.to_agree:
            asked = sorted(one.id for one in visit.to_agree)
            await self._drafts.keep(
                VISIT, here.community.id, {"receipt": receipt, "asked": asked}, visit.token
            )
        return visit

    async def begin_message(self, here: Here, token: str) -> Token:
        """A draft for one message, with its id drawn: sending it twice keeps it once."""
        visit = await self.look(here, token)
        _refuse_when_ended(visit.view)
        receipt = await self._receipt(here, token)
        facts = {"receipt": receipt, "visit": token, "entry": self._files.new_id()}
        return await self._drafts.keep(MESSAGE, here.community.id, facts)

    async def message(self, here: Here, draft: str, text: str) -> Said:
        """Take a message; hold it back for a look when something in it could point at a person.

        Raises Invalid, TooManyMessages, CaseOver, DraftGone, ReceiptUnknown.
        """
        facts = await self._drafts.open(MESSAGE, here.community.id, draft, here.draft)
        refuse_own_receipt("text", text, Receipt(facts["receipt"]))
        found = warnings(text, here.known_names(), here.community.language)
        if not found:
            return await self._say(here, facts, Token(draft), text)
        await self._drafts.keep(MESSAGE, here.community.id, {**facts, "text": text}, Token(draft))
        visit = await self._again(here, facts)
        return Said(visit, text, Token(draft), found, None)

    async def holds(self, here: Here, draft: str) -> bool:
        """Whether this draft is of a message, not of a grievance."""
        try:
            await self._drafts.open(MESSAGE, here.community.id, draft, here.draft)
        except DraftGone:
            return False
        return True

    async def written(self, here: Here, draft: str) -> str:
        """The words held back in a draft, to be edited. Raises AlreadySent, DraftGone."""
        text: str = (await self._unsent(here, draft)).get("text", "")
        return text

    async def cancel(self, here: Here, draft: str) -> None:
        """Forget a message that was held back. Raises AlreadySent, DraftGone."""
        await self._unsent(here, draft)
        await self._drafts.drop(draft)

    async def send(self, here: Here, draft: str) -> Said:
        """Take the message that was held back, as it stands."""
        facts = await self._drafts.open(MESSAGE, here.community.id, draft, here.draft)
        if "text" not in facts:
            raise DraftGone
        return await self._say(here, facts, Token(draft), facts["text"])

    async def leave_out(self, here: Here, token: str, people: frozenset[StaffId]) -> Visit:
        """Leave more people out, from the slot on. Raises NobodyLeft."""
        async with self._open_work() as work:
            case, community, key = await self._hold(work, here, await self._receipt(here, token))
            there = {one.id for one in readers_now(case, community)}
            if there and there <= people:
                raise community.nobody_left()
            if any(case.may_read(one) for one in people):
                entry = self._entry(case, community, Kind.LEAVE_OUT, people=people)
                await self._keep(work, community, case, key, entry)
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
            case, community, key = await self._hold(work, here, await self._receipt(here, token))
            if not case.is_released or case.is_urgent:
                await self._keys.destroy([case.key], crossing(community.slots, self._clock.now()))
                await work.grievances.leave_all(case.waiting.key)
                await work.cases.remove(case.id)
                slot = None
            else:
                entry = self._entry(case, community, Kind.DELETE)
                slot = _deleted_at(case)
                if slot is None:
                    await self._keep(work, community, case, key, entry)
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
            case, community, key = await self._hold(work, here, await self._receipt(here, token))
            if only_if(case):
                entry = self._entry(case, community, kind, people=people)
                await self._keep(work, community, case, key, entry)
        return await self.look(here, token)

    async def _say(self, here: Here, facts: Facts, draft: Token, text: str) -> Said:
        async with self._open_work() as work:
            case, community, key = await self._hold(work, here, Receipt(facts["receipt"]))
            entry = self._entry(case, community, Kind.MESSAGE, id=facts["entry"], text=text)
            known = next((one for one in case.entries if one.id == entry.id), None)
            if known is not None and text not in ("", known.text):
                raise AlreadySent  # other words than those that were sent would be lost
            if known is None:
                _refuse_when_ended(for_reporter(case, community, self._clock.now()))
                if self._limits.spend(Act.MESSAGE, case.key, entry.id) is None:
                    raise TooManyMessages
                await self._keep(work, community, case, key, entry)
        with suppress(CannotSave):  # the message is kept, whatever becomes of its draft
            await self._drafts.keep(MESSAGE, here.community.id, {**facts, "text": ""}, draft)
        return Said(await self._again(here, facts), text, draft, (), entry.crosses)

    async def _again(self, here: Here, facts: Facts) -> Visit:
        """The view a message came from. Its visit may have run out meanwhile: it is kept anew."""
        receipt = Receipt(facts["receipt"])
        async with self._open_work() as work:
            case, community, _ = await self._find(work, here, receipt)
        token = Token(facts["visit"])
        with suppress(CannotSave):
            await self._drafts.keep(VISIT, here.community.id, {"receipt": receipt}, token)
        return self._visit(token, case, community)

    async def _keep(
        self, work: Work, community: Community, case: Case, key: Key, entry: Entry
    ) -> None:
        if self._at_once(case, entry.kind):
            await self._release.say_at_once(work, community, (case, key), entry)
        else:
            await work.grievances.wait(self._files.waiting_entry(case, entry, key))

    def _entry(
        self,
        case: Case,
        community: Community,
        kind: Kind,
        *,
        id: str = "",
        text: str = "",
        people: frozenset[StaffId] = frozenset(),
    ) -> Entry:
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

    async def _find(self, work: Work, here: Here, receipt: Receipt) -> tuple[Case, Community, Key]:
        found = await self._files.find(work, here.community.id, receipt)
        if found is None:
            raise ReceiptUnknown
        case, key = found
        return case, await self._communities.load(work, case.community), key

    async def _hold(self, work: Work, here: Here, receipt: Receipt) -> tuple[Case, Community, Key]:
        """The case, to act on it: its community's slot waits until this is done, or was before."""
        case, _, _ = await self._find(work, here, receipt)
        await work.communities.hold(case.community)
        if case.is_released and case.is_urgent:  # is changed at once, while staff may act on it
            await work.cases.with_key(case.key)
        return await self._find(work, here, receipt)

    async def _unsent(self, here: Here, draft: str) -> Facts:
        facts = await self._drafts.open(MESSAGE, here.community.id, draft, here.draft)
        if facts.get("text") == "":  # its words went with the sending
            raise AlreadySent
        return facts

    async def _receipt(self, here: Here, token: str) -> Receipt:
        return Receipt(
            (await self._drafts.open(VISIT, here.community.id, token, here.draft))["receipt"]
        )

    def _visit(self, token: Token, case: Case, community: Community) -> Visit:
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
            _deleted_at(case),
            nobody,
            later_staff(case, community) if nobody else _asked(view, community),
            _asked_to_climb(case, community.slots, now),
        )


def _refuse_when_ended(view: View) -> None:
    """Withdrawn, or about to be deleted: nobody would read what is said now."""
    if view.state is State.WITHDRAWN or _deleted_at(view.case) is not None:
        raise CaseOver


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


def _deleted_at(case: Case) -> datetime | None:
    return next((e.crosses for e in case.entries if e.kind is Kind.DELETE), None)
