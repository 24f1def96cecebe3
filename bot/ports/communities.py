"""The shelf of communities, with their spaces and staff; and of the calm slots of many at once.

Names, accounts and changes that wait lie sealed here: only a service opens them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.communities import (
    Change,
    Community,
    CommunityId,
    Grant,
    Rota,
    Slots,
    Space,
    StaffId,
)


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A member of staff as kept: name and hours sealed."""

    id: StaffId
    named: bool
    sealed_name: bytes
    sealed_hours: bytes | None
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class AccountRow:
    """``mark``: keyed hash by which the account is found. ``sealed``: platform and address."""

    mark: bytes
    staff: StaffId
    sealed: bytes


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A change of a community that waits, or held lately. ``due``: when the clock looks at it."""

    id: str
    due: datetime
    sealed: bytes


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """``mark``: keyed hash of platform and address, by which the space is found."""

    space: Space
    community: CommunityId
    mark: bytes


class Communities(Protocol):
    """The shelf of communities, with their spaces and staff."""

    async def add(
        self,
        community: Community,
        spaces: Sequence[SpaceRow],
        staff: Sequence[StaffRow],
        accounts: Sequence[AccountRow],
    ) -> None: ...

    async def at(self, mark: bytes) -> CommunityId | None:
        """The community whose space has this mark."""

    async def stands(self, mark: bytes) -> tuple[CommunityId, int] | None:
        """The same with its revision."""

    async def coded(self, code: str) -> CommunityId | None:
        """The community with this code."""

    async def get(
        self, id: CommunityId
    ) -> tuple[Community, list[SpaceRow], list[StaffRow], list[AccountRow]] | None: ...

    def written(self, id: CommunityId) -> bool:
        """Whether this transaction changed it: what it reads may be undone, and is remembered by
        nobody."""

    async def revision(self, id: CommunityId) -> int | None:
        """Counts its changes: whoever remembers this one may go on using what it loaded."""

    async def all(self) -> list[CommunityId]: ...

    async def names(self) -> list[tuple[CommunityId, str, str]]:
        """Each with its name and its code."""

    async def hard_to_reach(self) -> list[CommunityId]:
        """Those with an employer's space, or with staff without an account: where somebody may have
        no place to be told anything."""

    async def hold(self, id: CommunityId, *, alone: bool = False) -> None:
        """Until the transaction ends: reporters' acts hold a community together, its slot holds
        it alone, so that nothing is said between two halves of a slot. Leaves no trace in a row.

        Raises NoCommunity: it was forgotten meanwhile, and nothing may be written for it.
        """

    async def due(self, now: datetime) -> list[CommunityId]:
        """Communities whose next slot has come."""

    async def next_slot_of(self, id: CommunityId) -> datetime | None:
        """The slot this community waits for."""

    async def set_next_slot(self, id: CommunityId, slot: datetime) -> None: ...

    async def watched(self, now: datetime) -> list[CommunityId]:
        """Communities whose next handover or end of a role has come."""

    async def next_watch_of(self, id: CommunityId) -> datetime | None: ...

    async def set_next_watch(self, id: CommunityId, at: datetime | None) -> None: ...

    async def pending(self, id: CommunityId) -> list[PendingRow]:
        """Its changes that wait, or held lately."""

    async def to_change(self, now: datetime) -> list[CommunityId]:
        """Communities with a change that the clock must look at."""

    # What follows changes a community: whoever remembers it loads it anew.

    async def keep_pending(self, community: CommunityId, row: PendingRow) -> None:
        """Keep a change, or replace what is kept of it."""

    async def drop_pending(self, community: CommunityId, id: str) -> None: ...

    async def keep_settings(self, community: Community) -> None:
        """Its name, language, calendar, categories, policy, rota and figures, as they are now."""

    async def keep_space(self, row: SpaceRow) -> None:
        """Keep one more space, or replace what is kept of it. Raises SpaceTaken."""

    async def drop_space(self, community: CommunityId, space: str) -> None: ...

    async def keep_rota(self, id: CommunityId, rota: Rota) -> None: ...

    async def keep_staff(self, community: CommunityId, row: StaffRow) -> None:
        """Keep a member of staff with all their grants, or replace what is kept of them."""

    async def keep_account(self, community: CommunityId, row: AccountRow) -> None:
        """Keep one more account, or replace what is kept of it when it is theirs already."""

    async def drop_account(self, community: CommunityId, mark: bytes) -> None:
        """Forget one account, whoever's of its staff it is."""

    async def drop_accounts(self, community: CommunityId, staff: StaffId, keep: bytes) -> None:
        """Forget all accounts of one member of staff but the one of this mark."""

    async def forget_staff(self, community: CommunityId, staff: StaffId) -> None:
        """With all accounts, grants and changes of duty."""

    async def keep_change(self, community: CommunityId, change: Change) -> None: ...

    async def drop_changes(self, community: CommunityId, ids: Collection[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class CalmSlot:
    """A slot at which nothing crosses, climbs or is shredded, and the calendar it is of."""

    community: CommunityId
    slot: datetime
    slots: Slots


#: A slot, and the one that its community waits for next.
Passed = tuple[CommunityId, datetime, datetime]


class Calm(Protocol):
    """The shelf for what many communities need at once, at slots at which nothing happens."""

    async def held(self, now: datetime, most: int) -> tuple[list[CalmSlot], bool]:
        """Calm slots that have come, their communities held alone until the transaction ends. One
        that anybody else is at work on is left out. And whether there may be others."""

    async def passed(
        self, kind: str, slots: Sequence[Passed]
    ) -> dict[CommunityId, tuple[Space, ...]]:
        """Each that is calm still, now that it is held, waits for its next slot. Those whose run,
        which is claimed as by ``Ledger.claim``, is ours; of their spaces those with rooms, since
        others have nothing to be told."""
