"""Communities as they are kept: who is asking and where, founding one, what the calendar brings.

Names and accounts of staff are kept because they accepted a role: sealed, found by a keyed hash.
A worker's account is compared with those and forgotten; it is never written.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from bot.chat import Caller, Here
from bot.domain.communities import (
    Account,
    Change,
    Community,
    CommunityId,
    Hours,
    Space,
    Staff,
    roles_at,
)
from bot.domain.communities.rota import days_off
from bot.domain.communities.watch import next_watch
from bot.domain.digests import Plan, Standing
from bot.domain.errors import NoCommunity
from bot.ports import AccountRow, Clock, DigestRow, Due, OpenWork, SpaceRow, StaffRow, Vault, Work
from bot.services.notices import account_mark
from bot.services.privacy.audit import Audit
from bot.services.privacy.seals import Seal, Seals

LET_GO_EVERY = 3600.0  #: seconds


@dataclass(frozen=True, slots=True)
class _Known:
    """A community as loaded at a revision, good until somebody's role begins or ends; ``staff`` by
    platform and address of their accounts."""

    revision: int
    since: datetime
    until: datetime | None
    community: Community
    staff: dict[tuple[str, str], Staff]

    def holds(self, now: datetime) -> bool:
        return self.since <= now and (self.until is None or now < self.until)


class Communities:
    def __init__(
        self, open_work: OpenWork, seals: Seals, vault: Vault, audit: Audit, clock: Clock
    ) -> None:
        self._open_work, self._seals, self._vault = open_work, seals, vault
        self._audit, self._clock = audit, clock
        self._known: dict[CommunityId, _Known] = {}
        self._look_at = 0.0  # on the clock's running hand

    async def meet(self, caller: Caller) -> Here:
        """The caller in their community; NoCommunity where the space belongs to none."""
        async with self._open_work() as work:
            id = await work.communities.at(self._space_mark(caller.platform, caller.space))
            if id is None:
                raise NoCommunity
            known = await self._load(work, id)
        community = known.community
        staff = known.staff.get((caller.platform, caller.account))
        space = next(
            one
            for one in community.spaces
            if (one.platform, one.address) == (caller.platform, caller.space)
        )
        return Here(caller, community, space, staff, self._clock.now())

    async def load(self, work: Work, id: CommunityId) -> Community:
        """A community with its people and places, inside somebody's transaction."""
        return (await self._load(work, id)).community

    async def found(self, community: Community, *, first: bool = False) -> None:
        """Write a new community with its spaces and staff; its first slot is the next.

        ``first``: only if nobody has: of several processes that start at once, one founds it.
        Raises Invalid: a step of the policy reaches nobody, not even by a role that is to begin.
        """
        _with_their_roles(community, self._clock.now()).check_policy()
        id = community.id
        spaces = [self._space_row(community, one) for one in community.spaces]
        async with self._open_work() as work:
            if first and not await work.ledger.claim("found", "first", "once"):
                return
            staff = [await self.staff_row(id, one) for one in community.staff]
            accounts = [
                await self.account_row(id, one, a) for one in community.staff for a in one.accounts
            ]
            await work.communities.add(community, spaces, staff, accounts)
            slot = community.slots.after(self._clock.now())
            await work.communities.set_next_slot(community.id, slot)
            await work.digests.add(self._digest(community))
            await self.watch_again(work, community.id)

    def _digest(self, community: Community) -> DigestRow:
        """Every week on Monday morning, until organisers say otherwise."""
        plan = Plan(zone=community.slots.zone, language=community.language)
        standing = Standing.begun(plan, self._clock.now())
        return DigestRow(community.id, plan, standing, standing.due(plan))

    async def ids(self) -> list[CommunityId]:
        """Every community of this installation."""
        async with self._open_work() as work:
            return await work.communities.all()

    async def let_go(self) -> None:
        """Of a community that was forgotten this process remembers nothing any more. Once an hour."""
        if self._known and self._clock.elapsed() >= self._look_at:
            self._look_at = self._clock.elapsed() + LET_GO_EVERY
            for id in self._known.keys() - set(await self.ids()):
                self._drop(id)

    def _drop(self, id: CommunityId) -> None:
        self._known.pop(id, None)
        self._seals.forget(id)

    async def coming(self) -> list[Due]:
        """The next moment of each kind that the calendar, a case or the outbox will bring."""
        now = self._clock.now()
        async with self._open_work() as work:
            slot = await work.communities.next_slot()
            deadline = await work.cases.next_due(now)
            duty = await work.communities.next_watch()
            look = await work.cases.next_look()
            close, wave = await work.polls.next_close(), await work.polls.next_wave()
            notice = await work.outbox.next_due(now)
            digest = await work.digests.next_due()
        found = {"close": close, "slot": slot, "deadline": deadline, "duty": duty}
        found |= {"digest": digest}
        found |= {"look": look, "wave": wave, "notice": notice}
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
            community, _, staff, _ = found
            grants = [grant for row in staff for grant in row.grants]
            now = self._clock.now()
            at = next_watch(community.rota, community.changes, grants, now)
            await work.communities.set_next_watch(id, at)

    async def holder(self, work: Work, id: CommunityId, account: Account) -> Staff | None:
        """The member of staff whose account it is; also one whose roles have ended."""
        found = await work.communities.get(id)
        if found is None:
            raise NoCommunity
        community, _, staff, accounts = found
        seal, now = await self._seals.of(id), self._clock.now()
        people = (self._person(seal, row, accounts, community.changes, now) for row in staff)
        return next((one for one in people if _has(one, account)), None)

    def account_mark(self, account: Account) -> bytes:
        """The keyed hash that says for which account an offer is."""
        return self._vault.mark("account", account.platform, account.address)

    async def _load(self, work: Work, id: CommunityId) -> _Known:
        """What is remembered of a community, or all of it anew if it changed since."""
        revision = await work.communities.revision(id)
        known = self._known.get(id)
        now = self._clock.now()
        if known is None or known.revision != revision or not known.holds(now):
            known = self._known[id] = await self._read(work, id, revision)
        return known

    async def _read(self, work: Work, id: CommunityId, revision: int | None) -> _Known:
        found = await work.communities.get(id)
        if found is None or revision is None:
            self._drop(id)
            raise NoCommunity
        community, spaces, staff, accounts = found
        seal, now = await self._seals.of(id), self._clock.now()
        people = {
            row.id: self._person(seal, row, accounts, community.changes, now) for row in staff
        }
        places = tuple(row.space for row in spaces)
        holding = tuple(one for one in people.values() if one.roles)
        former = tuple(one for one in people.values() if not one.roles)
        community = replace(community, staff=holding, former=former, spaces=places)
        dates = (
            date for row in staff for grant in row.grants for date in (grant.begins, grant.ends)
        )
        until = min((date for date in dates if date > now), default=None)
        known = {(a.platform, a.address): one for one in holding for a in one.accounts}
        return _Known(revision, now, until, community, known)

    def _person(
        self,
        seal: Seal,
        row: StaffRow,
        accounts: Sequence[AccountRow],
        changes: Sequence[Change],
        now: datetime,
    ) -> Staff:
        return Staff(
            id=row.id,
            name=seal.open(f"staff.sealed_name/{row.id}", row.sealed_name),
            roles=roles_at(row.grants, now),
            named=row.named,
            # Once each: one from before communities had keys may lie here under another mark, too.
            accounts=tuple(dict.fromkeys(_account(seal, a) for a in accounts if a.staff == row.id)),
            hours=_hours(seal, row),
            days_off=days_off(changes, row.id),
            grants=row.grants,
        )

    async def staff_row(self, id: CommunityId, one: Staff) -> StaffRow:
        """A member of staff as it is kept."""
        seal = await self._seals.of(id)
        words = {"zone": one.hours.zone}
        words |= {"begins": one.hours.begins.isoformat("minutes")}
        words |= {"ends": one.hours.ends.isoformat("minutes")}
        return StaffRow(
            one.id,
            one.named,
            seal.seal(f"staff.sealed_name/{one.id}", one.name),
            seal.seal(f"staff.sealed_hours/{one.id}", json.dumps(words)),
            one.grants,
        )

    async def account_row(self, id: CommunityId, one: Staff, account: Account) -> AccountRow:
        """One of their accounts as it is kept."""
        seal = await self._seals.of(id)
        mark = account_mark(seal, account)
        words = " ".join((account.platform, account.address, account.space)).rstrip()
        return AccountRow(mark, one.id, seal.seal(f"accounts.sealed/{mark.hex()}", words))

    def _space_row(self, community: Community, space: Space) -> SpaceRow:
        mark = self._space_mark(space.platform, space.address)
        return SpaceRow(space, community.id, mark)

    def _space_mark(self, platform: str, address: str) -> bytes:
        return self._vault.mark("space", platform, address)


def _hours(seal: Seal, row: StaffRow) -> Hours:
    if row.sealed_hours is None:
        return Hours()
    kept = json.loads(seal.open(f"staff.sealed_hours/{row.id}", row.sealed_hours))
    begins, ends = (time.fromisoformat(kept[name]) for name in ("begins", "ends"))
    return Hours(kept["zone"], begins, ends)


def _account(seal: Seal, row: AccountRow) -> Account:
    opened = seal.open(f"accounts.sealed/{row.mark.hex()}", row.sealed)
    platform, address, space = (*opened.split(" "), "")[:3]
    return Account(platform, address, space)


def _has(one: Staff, account: Account) -> bool:
    asked = (account.platform, account.address)
    return any((a.platform, a.address) == asked for a in one.accounts)


def _with_their_roles(community: Community, now: datetime) -> Community:
    """The community when everybody holds all roles that they hold now or will."""

    def holding(one: Staff) -> Staff:
        coming = (grant.role for grant in one.grants if grant.ends > now)
        return replace(one, roles=one.roles.union(coming))

    return replace(community, staff=tuple(map(holding, community.staff)))
