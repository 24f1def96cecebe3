"""Communities as they are kept: who is asking and where, a new one, what comes next.

Names and accounts of staff are kept because they accepted a role: sealed, found by a keyed hash.
A worker's account is compared with those in memory and forgotten; it is never written, nor asked
of a database.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.chat import Caller, Here
from bot.domain.communities import (
    Account,
    Community,
    CommunityId,
    RoomKind,
    Space,
    Staff,
)
from bot.domain.communities.findings import pulse_may_begin
from bot.domain.communities.pending import Pending
from bot.domain.communities.watch import forsaken_on, next_watch
from bot.domain.digests import Plan, Standing
from bot.domain.errors import NoCommunity, SpaceTaken
from bot.domain.privacy import LEAST_ELIGIBLE
from bot.ports import (
    AccountRow,
    Clock,
    DigestRow,
    Due,
    Keys,
    OpenWork,
    PendingRow,
    SpaceRow,
    StaffRow,
    Vault,
    Work,
)
from bot.services.communities.homes import Homes
from bot.services.communities.remembered import Known, Remembered
from bot.services.communities.rows import (
    staff_of,
    to_account_row,
    to_pending_row,
    to_staff_row,
)
from bot.services.notices import may_be_told
from bot.services.privacy.audit import Audit
from bot.services.privacy.seals import Seals


class Communities:
    def __init__(
        self,
        open_work: OpenWork,
        keys: Keys,
        seals: Seals,
        vault: Vault,
        audit: Audit,
        clock: Clock,
        glance: OpenWork | None = None,
    ) -> None:
        """``glance``: for one statement that only reads, where that can be had for less."""
        self._glance = glance or open_work
        self._open_work, self._homes = open_work, Homes(keys, vault, clock)
        self._seals, self._vault = seals, vault
        self._audit, self._clock = audit, clock
        self._remembered = Remembered(open_work, seals, clock)

    async def meet(self, caller: Caller) -> Here:
        """The caller in their community; NoCommunity where the space belongs to none, or there is
        none, for somebody is alone with the bot."""
        if not caller.space:
            raise NoCommunity
        found = await self.at(caller.platform, caller.space)
        if found is None or found[1].via != caller.via:
            raise NoCommunity
        known, space = found
        return self.here(known, caller, space.as_trusted())

    async def at(self, platform: str, address: str) -> tuple[Known, Space] | None:
        """The community that a place belongs to, and the place; None where it is nobody's."""
        async with self._glance() as work:
            found = await work.communities.stands(self.space_mark(platform, address))
        known = await self._remembered.at(*found) if found else None
        space = known.community.place(platform, address) if known else None
        return (known, space) if known and space else None

    async def look(self, id: CommunityId) -> Known:
        """A community as it stands now; NoCommunity where it is gone."""
        async with self._glance() as work:
            revision = await work.communities.revision(id)
        return await self._remembered.at(id, revision)

    def here(self, known: Known, caller: Caller, space: Space) -> Here:
        """The caller in a community where they are met, or that they, or their account, named.
        ``space``: where they say it, which need not belong to it.

        Whoever holds a role here acts as staff in their own hand alone; in another's they are
        nobody's staff."""
        staff = known.staff.get(caller.acts_with.at)
        other = staff is not None and not caller.is_hand_of(staff)
        found, now = None if other else staff, self._clock.now()
        return Here(caller, known.community, space, found, now, known.pending, other_hand=other)

    async def pending(self, work: Work, id: CommunityId) -> tuple[Pending, ...]:
        """Its changes that wait, or held lately; the earliest to be looked at first."""
        return (await self._remembered.within(work, id)).pending

    async def told(self, work: Work, id: CommunityId, change: str) -> None:
        """A bulletin room has just heard of a change: its time runs from now, if it waits still."""
        await work.communities.hold(id, alone=True)
        now = whole_second(self._clock.now())
        for one in await self.pending(work, id):
            if one.id == change and one.waits and one.since < now:
                one = replace(one, since=now, unheard=None)
                await work.communities.keep_pending(id, await self.pending_row(id, one))

    async def load(self, work: Work, id: CommunityId) -> Community:
        """A community with its people and places, inside somebody's transaction."""
        return (await self._remembered.within(work, id)).community

    async def found(self, community: Community, *, once: tuple[str, str] | None = None) -> bool:
        """Write a new community with its spaces and staff; one that is open has its first slot next.

        ``once``: what may found one community alone, as a kind and a name of it: of several
        processes that start at once one does, and False tells the others. Raises SpaceTaken, and
        Invalid: a step of an open one's policy reaches nobody, not even by a role that is to begin.
        """
        if community.opened is not None:
            community.with_coming_roles(self._clock.now()).check_policy()
        id = community.id
        spaces = [self.space_row(id, one) for one in community.spaces]
        async with self._open_work() as work:
            if once and not await work.ledger.claim(once[0], once[1], "once"):
                return False
            for space in spaces:
                if await work.communities.at(space.mark) is not None:
                    raise SpaceTaken
            staff = [await self.staff_row(id, one) for one in community.staff]
            accounts = [
                await self.account_row(id, one, a) for one in community.staff for a in one.accounts
            ]
            await work.communities.add(community, spaces, staff, accounts)
            await self.watch_again(work, community.id)
            if community.opened is not None:
                await self.begin(work, community)
        return True

    async def begin(self, work: Work, community: Community) -> None:
        """Its calendar begins: the first slot, the first digest."""
        slot = community.slots.after(self._clock.now())
        await work.communities.set_next_slot(community.id, slot)
        await work.digests.add(self._digest(community))

    def _digest(self, community: Community) -> DigestRow:
        """Every week on Monday morning, until organisers say otherwise."""
        plan = Plan(zone=community.slots.zone, language=community.language)
        standing = Standing.begun(plan, self._clock.now())
        reached = any(may_be_told(one, RoomKind.ORGANISERS) for one in community.spaces)
        due = standing.due(plan)
        return DigestRow(community.id, plan, standing, due, nowhere=not reached)

    async def ids(self) -> list[CommunityId]:
        """Every community of this installation."""
        async with self._open_work() as work:
            return await work.communities.all()

    async def let_go(self) -> None:
        """Of a community that was forgotten this process remembers nothing any more."""
        await self._remembered.let_go()

    async def coming(self) -> list[Due]:
        """The next moment of each kind that the calendar, a case or the outbox will bring."""
        now = self._clock.now()
        async with self._open_work() as work:
            found: dict[str, datetime | None] = {
                str(what): at for what, at in (await work.coming()).items()
            }
            found["deadline"] = await work.cases.next_due(now)
            found["notice"] = await work.outbox.next_due(now)
        dues = [Due(at, what) for what, at in found.items() if at]
        return sorted(dues, key=lambda due: due.at)

    async def changed(self, work: Work, community: Community, who: Staff, act: str) -> None:
        """After every act of staff on roles, accounts, hours or duty, in its transaction."""
        await self._audit.note(work, community, who, f"staff.{act}")
        coming = await work.communities.next_watch_of(community.id)
        if coming is None or coming > self._clock.now():  # what has come is looked at first
            await self.watch_again(work, community.id)

    async def watch_again(self, work: Work, id: CommunityId) -> None:
        """Reckon anew when the community must be looked at next."""
        found = await work.communities.get(id)
        if found is not None:
            community, spaces, staff, _ = found
            grants = [grant for row in staff for grant in row.grants]
            now = self._clock.now()
            at = next_watch(community.rota, community.changes, grants, now)
            there = replace(community, spaces=tuple(row.space for row in spaces))
            if pulse_may_begin(there, LEAST_ELIGIBLE):
                at = now
            if forsaken := forsaken_on(there.spaces):
                at = min(at or forsaken, max(forsaken, now))
            await work.communities.set_next_watch(id, at)

    async def holder(self, work: Work, id: CommunityId, account: Account) -> Staff | None:
        """The member of staff whose account it is; also one whose roles have ended."""
        found = await work.communities.get(id)
        if found is None:
            raise NoCommunity
        community, _, staff, accounts = found
        seal, now = await self._seals.of(id), self._clock.now()
        people = (staff_of(seal, row, accounts, community.changes, now) for row in staff)
        return next((one for one in people if one.has(account)), None)

    async def served_by(self, caller: Caller) -> dict[CommunityId, bool]:
        """The communities in which the caller's account holds a role, wherever it is used, and
        whether it is in their own hand."""
        found, account = dict[CommunityId, bool](), caller.acts_with
        for id in await self._homes.of(account):
            try:
                known = await self.look(id)
            except NoCommunity:
                await self._homes.drop(account, id)
            else:
                if staff := known.staff.get(account.at):
                    found[id] = caller.is_hand_of(staff)
        return found

    async def leave_home(self, id: CommunityId, accounts: Iterable[Account]) -> None:
        """These accounts serve there no more. A home too few is asked for by its code; one too many
        would tell who served."""
        for account in accounts:
            await self._homes.drop(account, id)

    def account_mark(self, account: Account) -> bytes:
        """The keyed hash that says for which account an offer is, and where it serves."""
        return self._homes.mark(account)

    async def staff_row(self, id: CommunityId, one: Staff) -> StaffRow:
        """A member of staff as it is kept."""
        return to_staff_row(await self._seals.of(id), one)

    async def account_row(self, id: CommunityId, one: Staff, account: Account) -> AccountRow:
        """One of their accounts as it is kept; where it serves is kept first."""
        await self._homes.keep(account, id)
        return to_account_row(await self._seals.of(id), one, account)

    async def pending_row(self, id: CommunityId, change: Pending) -> PendingRow:
        """A change that waits, or held lately, as it is kept."""
        return to_pending_row(await self._seals.of(id), change)

    def space_row(self, community: CommunityId, space: Space) -> SpaceRow:
        """One of its places as it is kept."""
        return SpaceRow(space, community, self.space_mark(space.platform, space.address))

    def space_mark(self, platform: str, address: str) -> bytes:
        return self._vault.mark("space", platform, address)


def whole_second(moment: datetime) -> datetime:
    """The first whole second at or after a moment: so it is kept, and nothing comes too early."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)
