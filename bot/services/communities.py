"""Communities: who is asking and where, founding one, and what its calendar brings next.

Names and accounts of staff are kept because they accepted a role: sealed, found by a keyed hash.
A worker's account is compared with those and forgotten; it is never written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.chat import Caller, Here
from bot.domain.communities import Account, Community, CommunityId, Role, Space, Staff
from bot.domain.errors import NoCommunity
from bot.ports import AccountRow, Clock, Due, OpenWork, SpaceRow, StaffRow, Vault, Work


@dataclass(frozen=True, slots=True)
class _Known:
    """A community as loaded at a revision; ``staff`` by the marks of their accounts."""

    revision: int
    community: Community
    staff: dict[bytes, Staff]


class Communities:
    def __init__(self, open_work: OpenWork, vault: Vault, clock: Clock) -> None:
        self._open_work, self._vault, self._clock = open_work, vault, clock
        self._known: dict[CommunityId, _Known] = {}

    async def meet(self, caller: Caller) -> Here:
        """The caller in their community; NoCommunity where the space belongs to none."""
        async with self._open_work() as work:
            id = await work.communities.at(self._space_mark(caller.platform, caller.space))
            if id is None:
                raise NoCommunity
            known = await self._load(work, id)
        community = known.community
        staff = known.staff.get(self._vault.mark("account", caller.platform, caller.account))
        space = next(
            one
            for one in community.spaces
            if (one.platform, one.address) == (caller.platform, caller.space)
        )
        return Here(caller, community, space, staff)

    async def load(self, work: Work, id: CommunityId) -> Community:
        """A community with its people and places, inside somebody's transaction."""
        return (await self._load(work, id)).community

    async def found(self, community: Community) -> None:
        """Write a new community with its spaces and staff; its first slot is the next."""
        staff = [self._staff_row(one) for one in community.staff]
        accounts = [self._account_row(one, a) for one in community.staff for a in one.accounts]
        spaces = [self._space_row(community, one) for one in community.spaces]
        async with self._open_work() as work:
            await work.communities.add(community, spaces, staff, accounts)
            first = community.slots.after(self._clock.now())
            await work.communities.set_next_slot(community.id, first)

    async def ids(self) -> list[CommunityId]:
        """Every community of this installation."""
        async with self._open_work() as work:
            return await work.communities.all()

    async def coming(self) -> list[Due]:
        """The next moment of each kind that the calendar or a case will bring."""
        now = self._clock.now()
        async with self._open_work() as work:
            slot = await work.communities.next_slot()
            deadline = await work.cases.next_due(now)
        dues = [Due(at, what) for at, what in ((slot, "slot"), (deadline, "deadline")) if at]
        return sorted(dues, key=lambda due: due.at)

    async def _load(self, work: Work, id: CommunityId) -> _Known:
        """What is remembered of a community, or all of it anew if it changed since."""
        revision = await work.communities.revision(id)
        known = self._known.get(id)
        if known is None or known.revision != revision:
            known = await self._read(work, id, revision)
            self._known[id] = known
        return known

    async def _read(self, work: Work, id: CommunityId, revision: int | None) -> _Known:
        found = await work.communities.get(id)
        if found is None or revision is None:
            raise NoCommunity
        community, spaces, staff, accounts = found
        people = {row.id: self._person(row, accounts) for row in staff}
        places = tuple(row.space for row in spaces)
        community = replace(community, staff=tuple(people.values()), spaces=places)
        return _Known(revision, community, {row.mark: people[row.staff] for row in accounts})

    def _person(self, row: StaffRow, accounts: Sequence[AccountRow]) -> Staff:
        return Staff(
            id=row.id,
            name=self._vault.open_staff(f"staff.sealed_name/{row.id}", row.sealed_name),
            roles=frozenset(Role(one) for one in row.roles),
            named=row.named,
            accounts=tuple(self._account(one) for one in accounts if one.staff == row.id),
        )

    def _account(self, row: AccountRow) -> Account:
        opened = self._vault.open_staff(f"accounts.sealed/{row.mark.hex()}", row.sealed)
        platform, _, address = opened.partition(" ")
        return Account(platform, address)

    def _staff_row(self, one: Staff) -> StaffRow:
        sealed = self._vault.seal_staff(f"staff.sealed_name/{one.id}", one.name)
        return StaffRow(one.id, tuple(sorted(one.roles)), one.named, sealed)

    def _account_row(self, one: Staff, account: Account) -> AccountRow:
        mark = self._vault.mark("account", account.platform, account.address)
        words = f"{account.platform} {account.address}"
        sealed = self._vault.seal_staff(f"accounts.sealed/{mark.hex()}", words)
        return AccountRow(mark, one.id, sealed)

    def _space_row(self, community: Community, space: Space) -> SpaceRow:
        mark = self._space_mark(space.platform, space.address)
        return SpaceRow(space, community.id, mark)

    def _space_mark(self, platform: str, address: str) -> bytes:
        return self._vault.mark("space", platform, address)
