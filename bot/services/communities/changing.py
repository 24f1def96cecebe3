"""Changing a community: at once while it is set up, and after its opening by the road of rule 12.

An edit that needs it waits on the shelf of pending changes: told at once, seconded by another
moderator, and held by the clock. What an edit is, and whether it is harmless, the domain says; what
it does beyond the community's own rows, others do (``effects``).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.chat import Here
from bot.domain.communities import (
    Account,
    Community,
    CommunityId,
    Role,
    RoomKind,
    Staff,
    StaffId,
)
from bot.domain.communities.edits import Edit, Ended, Joined
from bot.domain.communities.pending import (
    OPERATOR,
    UNHEARD_FOR,
    Pending,
    has_second,
    may_ask,
    may_second,
    still_seconded,
)
from bot.domain.errors import (
    AlreadyPending,
    ChangedMeanwhile,
    ChangeGone,
    CodeUnknown,
    KeyChanged,
    NeedsAnother,
    NotAllowed,
    Refused,
    SecondThere,
    SpaceTaken,
)
from bot.ports import Chance, Clock, Notice, OpenWork, Work
from bot.services.communities.announcing import Announcing
from bot.services.communities.known import Communities, whole_second
from bot.services.notices import Notices, may_be_told

#: What an edit of a kind does beyond the community's own rows, in the same transaction.
Effects = Mapping[str, Callable[[Work, Community, Any], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of an edit: it holds, or ``waits`` is what waits now; or it was ``off``, being
    impossible by now. ``same``: so it was before."""

    community: Community
    waits: Pending | None = None
    off: bool = False
    same: bool = False


class Changing:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        notices: Notices,
        clock: Clock,
        chance: Chance,
        effects: Effects,
    ) -> None:
        self._open_work, self._communities, self._effects = open_work, communities, effects
        self._announcing = Announcing(notices, clock)
        self._clock, self._chance = clock, chance

    async def change(self, here: Here, *edits: Edit, seen: str = "") -> tuple[Changed, ...]:
        """Make edits, in one transaction; each holds at once or waits.

        ``seen``: the fingerprint of what the form was filled in with, ChangedMeanwhile if it is
        that no more. Raises Refused: AlreadyPending, or what an edit itself refuses.
        """
        async with self._open_work() as work:
            community = await self._held(work, here.community.id)
            person = acting_moderator(here, community)
            if seen and seen != community.fingerprint():
                raise ChangedMeanwhile
            done = []
            for edit in edits:
                changed = await self.make(work, community, person, edit)
                community = changed.community
                done.append(changed)
        return tuple(done)

    async def join(self, id: CommunityId, edit: Joined, by: Account) -> Changed:
        """One more space, or one of theirs through another account of the bot, which a moderator
        asked for at home, and ``by``, a moderator's account, in it. Raises NotAllowed, KeyChanged,
        SpaceTaken, AlreadyPending."""
        async with self._open_work() as work:
            community = await self._held(work, id)
            person = community.person(StaffId(edit.staff))
            there = await self._communities.holder(work, id, by)
            if person is None or Role.MODERATOR not in person.roles:
                raise NotAllowed
            if there is None or Role.MODERATOR not in there.roles:
                raise NotAllowed
            if not there.acts_with(by):
                raise KeyChanged
            mark = self._communities.space_mark(edit.platform, edit.address)
            if await work.communities.at(mark) not in (None, id):
                raise SpaceTaken
            return await self.make(work, community, person, edit)

    async def ask(self, here: Here, edit: Edit, *, once: tuple[str, str]) -> Changed:
        """An edit of the operator's: it waits for no second moderator, and so only where there is
        none. ``once``: what it is asked with, as a kind and a name. Raises SecondThere,
        AlreadyPending, CodeUnknown."""
        async with self._open_work() as work:
            community = await self._held(work, here.community.id)
            if has_second(community, self._clock.now()):
                raise SecondThere
            if not await work.ledger.claim(*once, "once"):
                raise CodeUnknown
            edit.applied(community, self._clock.now())
            return await self._wait(work, community, edit, OPERATOR)

    async def second(self, here: Here, id: str) -> Changed:
        """Be the second moderator of a change. Raises ChangeGone, NeedsAnother."""
        async with self._open_work() as work:
            community = await self._held(work, here.community.id)
            person, now = acting_moderator(here, community), self._clock.now()
            change = await self._waiting(work, community, id)
            if change.agreed:
                return Changed(community, change)
            if not may_second(person, change, community, now):
                raise NeedsAnother
            change = change.seconded(person.id)
            await self._keep(work, community, change)
            await self._communities.changed(work, community, person, "second_change")
            if change.earliest > now:
                return Changed(community, change)
            return await self._hold(work, community, change)

    async def withdraw(self, here: Here, id: str) -> Pending:
        """Any moderator may: it never holds, and everybody is told. Raises ChangeGone."""
        async with self._open_work() as work:
            community = await self._held(work, here.community.id)
            person = acting_moderator(here, community)
            change = await self._waiting(work, community, id)
            if isinstance(change.edit, Ended) and change.edit.staff == person.id:
                raise NeedsAnother  # nobody keeps themselves in a role
            await self._communities.changed(work, community, person, "withdraw_change")
            await self._end(work, community, change)
        return change

    async def waiting(self) -> list[CommunityId]:
        """Communities with a change whose moment has come."""
        async with self._open_work() as work:
            return await work.communities.to_change(self._clock.now())

    async def due(self, id: CommunityId) -> None:
        """Let changes hold, lapse, or be told no more, whose moment has come."""
        now = self._clock.now()
        async with self._open_work() as work:
            community = await self._held(work, id)
            for change in await self._communities.pending(work, id):
                if change.due > now:
                    continue
                if not change.waits:
                    await work.communities.drop_pending(id, change.id)
                elif change.agreed:
                    community = (await self._hold(work, community, change)).community
                else:
                    await self._end(work, community, change)

    async def make(self, work: Work, community: Community, person: Staff, edit: Edit) -> Changed:
        """An edit, in somebody's transaction that holds the community; ``person`` may ask for it.

        Raises Refused, as ``change``.
        """
        now = self._clock.now()
        after = edit.applied(community, now)
        if after == community and edit.is_seen:
            return Changed(community, same=True)
        if community.opened is None or edit.harmless(community):
            await self._communities.changed(work, community, person, f"set_{edit.kind}")
            return Changed(await self._make(work, community, edit))
        await self._communities.changed(work, community, person, f"ask_{edit.kind}")
        return await self._wait(work, community, edit, person.id)

    async def to_come(self, work: Work, id: CommunityId, aim: str) -> Pending | None:
        """The change of a setting that waits, if one does."""
        waiting = (one for one in await self._communities.pending(work, id) if one.waits)
        return next((one for one in waiting if one.edit.aim == aim), None)

    async def _wait(self, work: Work, community: Community, edit: Edit, by: str) -> Changed:
        if await self.to_come(work, community.id, edit.aim) is not None:
            raise AlreadyPending
        id, now = self._chance.bytes(16).hex(), self._clock.now()
        change = Pending(id, edit, StaffId(by), whole_second(now))
        await self._keep(work, community, change)
        await self._announcing.tell(work, community, change, Notice.CHANGE_WAITS)
        return Changed(community, change)

    async def _hold(self, work: Work, community: Community, change: Pending) -> Changed:
        """It holds from now on, unless a room has not heard of it yet; what cannot be any more, as
        things and people are now, ends."""
        now = self._clock.now()
        if await self._unheard(work, community, change, now):
            return Changed(community, change)
        if not may_ask(change, community, now):
            return await self._end(work, community, change)
        if change.by != OPERATOR and not still_seconded(change, community, now):
            return await self._wait_again(work, community, change)
        try:
            community = await self._make(work, community, change.edit)
        except Refused:
            return await self._end(work, community, change)
        held = replace(change, edit=change.edit.remembered(), held=now.replace(microsecond=0))
        await self._keep(work, community, held)
        await self._announcing.tell(work, community, change, Notice.CHANGE_HOLDS)
        return Changed(community)

    async def _unheard(
        self, work: Work, community: Community, change: Pending, now: datetime
    ) -> bool:
        """Whether a room must hear of it first: after days off it is told when we are back."""
        unsaid = await work.outbox.unsaid_in_rooms(community.id, Notice.CHANGE_WAITS, change.id)
        if not unsaid and any(may_be_told(one, RoomKind.BULLETIN) for one in community.spaces):
            return False
        if change.unheard is None:
            await self._keep(work, community, replace(change, unheard=now.replace(microsecond=0)))
        return change.unheard is None or now < change.unheard + UNHEARD_FOR

    async def _wait_again(self, work: Work, community: Community, change: Pending) -> Changed:
        """Its second moderator is one no more: for another, who is asked."""
        change = change.seconded(None)
        if change.lapsed(self._clock.now()):
            return await self._end(work, community, change)
        await self._keep(work, community, change)
        await self._announcing.ask_others(work, community, change)
        return Changed(community, change)

    async def _make(self, work: Work, before: Community, edit: Edit) -> Community:
        """What the edit makes of the community, written down."""
        now, communities = self._clock.now(), work.communities
        after = edit.applied(before, now)
        if after.settings != before.settings:
            await communities.keep_settings(after)
        for space in after.spaces:
            if space not in before.spaces:
                await communities.keep_space(self._communities.space_row(after.id, space))
        kept = {one.id for one in after.spaces}
        for space in before.spaces:
            if space.id not in kept:
                await communities.drop_space(after.id, space.id)
        for person in after.staff:
            if person not in before.staff:
                row = await self._communities.staff_row(after.id, person)
                await communities.keep_staff(after.id, row)
        if effect := self._effects.get(edit.kind):
            await effect(work, after, edit)
        await self._communities.watch_again(work, after.id)
        return after

    async def _held(self, work: Work, id: CommunityId) -> Community:
        await work.communities.hold(id, alone=True)
        return await self._communities.load(work, id)

    async def _waiting(self, work: Work, community: Community, id: str) -> Pending:
        for one in await self._communities.pending(work, community.id):
            if one.id == id and one.waits:
                return one
        raise ChangeGone

    async def _keep(self, work: Work, community: Community, change: Pending) -> None:
        row = await self._communities.pending_row(community.id, change)
        await work.communities.keep_pending(community.id, row)

    async def _end(self, work: Work, community: Community, change: Pending) -> Changed:
        await work.communities.drop_pending(community.id, change.id)
        await self._announcing.tell(work, community, change, Notice.CHANGE_OFF)
        return Changed(community, off=True)


def acting_moderator(here: Here, community: Community) -> Staff:
    """Whoever acts, as they are now; NotAllowed once they are a moderator no more."""
    person = community.person(here.person.id)
    if person is None or Role.MODERATOR not in person.roles:
        raise NotAllowed
    return person
