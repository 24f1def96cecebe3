"""Duty: what reps change about the rota, their days off and their quiet hours.

Each act holds the community, so that two who take the same shift come one after the other, and is
done once however often a platform brings it. The rules are the domain's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.chat import Here
from bot.domain.communities import Change, Community, Hours, Lies, Role, Span, Staff
from bot.domain.communities.duty import Desk, Edit
from bot.domain.communities.rota import days_off
from bot.ports import Chance, Clock, Notice, OpenWork, Work
from bot.services.communities.known import Communities
from bot.services.notices import Notices
from bot.services.privacy.marks import Marks

Asked = Callable[[Desk], Edit]


@dataclass(frozen=True, slots=True)
class Turn:
    """The community after an act. ``gap``: when, because of it, nobody is on duty. ``given``: the
    shift that was given for another."""

    community: Community
    gap: Span | None = None
    given: Span | None = None


class Duty:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        marks: Marks,
        notices: Notices,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._open_work, self._communities, self._marks = open_work, communities, marks
        self._notices, self._clock, self._chance = notices, clock, chance

    async def on(self, here: Here) -> Turn:
        return await self._turn(here, "on", Desk.come_on)

    async def back(self, here: Here, away: str) -> Turn:
        """Days away are taken back. Raises OfferGone."""
        return await self._turn(here, "on", lambda desk: desk.back(away))

    async def off(self, here: Here) -> Turn:
        """Raises NotOnDuty."""
        return await self._turn(here, "off", Desk.go_off)

    async def away(self, here: Here, span: Span) -> Turn:
        """Raises Invalid."""
        return await self._turn(here, "away", lambda desk: desk.be_away(span))

    async def offer(self, here: Here, span: Span) -> Turn:
        """The other reps are told. Raises Invalid."""
        return await self._turn(here, "offer", lambda desk: desk.offer(span))

    async def take(self, here: Here, offer: str) -> Turn:
        """Raises OfferGone, OnDutyThen, AwayThen."""
        return await self._turn(here, "take", lambda desk: desk.take(offer))

    async def swap(self, here: Here, offer: str) -> Turn:
        """Raises OfferGone, SwapWithSelf, OnDutyThen, AwayThen, NothingToGive, TheyCannot."""
        return await self._turn(here, "swap", lambda desk: desk.swap(offer))

    async def be_quiet(self, here: Here, hours: Hours) -> Community:
        """Keep when the caller is not to be disturbed."""
        id = here.community.id
        async with self._open_work() as work:
            await work.communities.hold(id, alone=True)
            community = await self._communities.load(work, id)
            person = replace(community.person(here.person.id) or here.person, hours=hours)
            await work.communities.keep_staff(id, await self._communities.staff_row(id, person))
            await self._communities.changed(work, community, person, "quiet_hours")
        others = (one for one in community.staff if one.id != person.id)
        return replace(community, staff=(*others, person))

    async def _turn(self, here: Here, act: str, asked: Asked) -> Turn:
        marks = await self._marks.of(here.caller.once)
        id = here.community.id
        async with self._open_work() as work:
            await work.communities.hold(id, alone=True)
            community = await self._communities.load(work, id)
            if not await self._marks.first_time(work, marks):
                return Turn(community)
            desk = self._desk(community, here.person)
            edit = asked(desk)
            if edit == Edit():
                return Turn(community)
            await self._keep(work, community, edit)
            await self._communities.changed(work, community, here.person, act)
            after = _after(community, edit)
            given = desk.next_shift() if act == "swap" else None
            if act == "offer":
                await self._tell(work, after, here.person, edit)
            for offer in _taken(community, here.person, act, edit):
                await self._tell_giver(work, after, here.person, offer, given)
        return Turn(after, _gap(community, after, edit), given)

    def _desk(self, community: Community, person: Staff) -> Desk:
        now = self._clock.now().replace(microsecond=0)
        return Desk(community.rota, community.changes, person.id, now, self._new_id)

    async def _keep(self, work: Work, community: Community, edit: Edit) -> None:
        if edit.drops:
            await work.communities.drop_changes(community.id, edit.drops)
        for change in edit.adds:
            await work.communities.keep_change(community.id, change)

    async def _tell(self, work: Work, community: Community, by: Staff, edit: Edit) -> None:
        """The other reps learn of an offer."""
        for offer in edit.adds:
            facts = {"offer": offer.id, "begins": offer.begins.isoformat()}
            facts |= {"ends": offer.ends.isoformat()}
            for one in community.with_role(Role.REP):
                if one.id != by.id:
                    await self._notices.to_person(work, community, one, Notice.DUTY_OFFERED, facts)

    async def _tell_giver(
        self, work: Work, community: Community, taker: Staff, offer: Change, given: Span | None
    ) -> None:
        """Whoever offered a shift learns whose it is, and what they have for it."""
        giver = community.person(offer.staff) or community.formerly(offer.staff)
        if giver is None:
            return
        begins = max(offer.begins, self._clock.now().replace(microsecond=0))
        facts = {"to": taker.id, "begins": begins.isoformat(), "ends": offer.ends.isoformat()}
        if given:
            facts |= {"got_begins": given[0].isoformat(), "got_ends": given[1].isoformat()}
        await self._notices.to_person(work, community, giver, Notice.DUTY_GIVEN, facts)

    def _new_id(self) -> str:
        return self._chance.bytes(16).hex()


def _taken(community: Community, by: Staff, act: str, edit: Edit) -> list[Change]:
    """The offer of somebody else that an act took, if it took one."""
    if act not in ("take", "swap"):
        return []
    dropped = (one for one in community.changes if one.id in edit.drops)
    return [one for one in dropped if one.lies is Lies.OFFERED and one.staff != by.id]


def _after(community: Community, edit: Edit) -> Community:
    """The community with its rota changed, and with the days off that follow from it."""
    changes = edit.on(community.changes)
    staff = tuple(replace(one, days_off=days_off(changes, one.id)) for one in community.staff)
    return replace(community, changes=changes, staff=staff)


def _gap(before: Community, after: Community, edit: Edit) -> Span | None:
    """The first time that the act leaves nobody on duty."""
    spans: list[tuple[datetime, datetime]] = [(one.begins, one.ends) for one in edit.adds]
    dropped = (one for one in before.changes if one.id in edit.drops)
    spans += [(one.begins, one.ends) for one in dropped]
    if not spans:
        return None
    return after.uncovered(before, min(b for b, _ in spans), max(e for _, e in spans))
