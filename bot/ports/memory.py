"""The database as the core knows it: one transaction, with a shelf per noun."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from bot.domain.communities import (
    Change,
    Community,
    CommunityId,
    Grant,
    RoomKind,
    Rota,
    Slots,
    Space,
    StaffId,
)
from bot.domain.grievances.intake import Waiting
from bot.ports.belongings import Belongings
from bot.ports.digests import Digests
from bot.ports.parcels import Outbox
from bot.ports.platforms import Platforms
from bot.ports.polls import Polls
from bot.ports.world import What

Rooms = Mapping[RoomKind, str]


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

    async def keep_rooms(self, community: CommunityId, space: str, rooms: Rooms) -> None:
        """The shared rooms the bot speaks in there."""


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


class Grievances(Protocol):
    """The shelf of what waits for its slot: new cases, and what reporters said since."""

    async def wait(self, row: Waiting) -> None:
        """Keep a row, or do nothing when its id or its lookup waits already."""

    async def file(
        self, row: Waiting, lookups: Collection[bytes], released: Collection[bytes]
    ) -> bool:
        """Keep a case, unless it waits under one of its ``lookups``, was released under one of
        those, or its community is gone: then nothing is done, and the answer is False."""

    async def hold_and_file(
        self, row: Waiting, lookups: Collection[bytes], released: Collection[bytes]
    ) -> bool:
        """The same in one statement, which holds the community together with others. Nothing is
        done, either, where its slot has happened, whatever the clock says."""

    async def found(self, community: CommunityId, lookups: Collection[bytes]) -> Waiting | None:
        """The community's waiting case with one of these lookups."""

    async def said(self, key: str) -> list[Waiting]:
        """What waits to be said in the case whose key waiting rows call so, in no order."""

    async def due(self, community: CommunityId, slot: datetime) -> list[Waiting]:
        """All that crosses at or before ``slot``, in no order."""

    async def put_off(self, row: Waiting) -> None:
        """Replace the row of this id."""

    async def leave(self, ids: Collection[str]) -> None:
        """Forget rows: they crossed."""

    async def leave_all(self, key: str) -> None:
        """Forget all that waits under this name of a key: its case was deleted."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A released case as kept. ``due``: when it climbs; ``look``: when the clock looks at it next;
    ``gone``: when it is shredded; ``live``: whether it is on the reps' list. All four follow from
    slots and staff's own acts."""

    id: str
    number: str
    community: CommunityId
    lookup: bytes
    key: str
    release: datetime
    due: datetime | None
    look: datetime | None
    gone: datetime
    live: bool
    sealed: bytes = field(repr=False)

    @property
    def dates(self) -> "Dates":
        return Dates(self.due, self.look, self.gone, self.live)


@dataclass(frozen=True, slots=True)
class Dates:
    """What of a case the lists and the clock find without opening it: see ``CaseRow``."""

    due: datetime | None
    look: datetime | None
    gone: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class EntryRow:
    id: str
    case: str
    sealed: bytes = field(repr=False)


class Cases(Protocol):
    """The shelf of released cases and their entries."""

    async def add(self, case: CaseRow) -> None:
        """Keep a case, or do nothing when its lookup is kept already."""

    async def add_entry(self, entry: EntryRow) -> None: ...

    async def set_dates(self, case: str, dates: Dates) -> None:
        """What follows from the entries, for the lists and the clock to find."""

    async def found(self, community: CommunityId, lookups: Collection[bytes]) -> CaseRow | None: ...

    async def with_ids(self, ids: Collection[str]) -> list[CaseRow]: ...

    async def with_key(self, key: str) -> CaseRow | None:
        """The case with this key; held until the transaction ends."""

    async def numbered(self, community: CommunityId, number: str) -> CaseRow | None:
        """The case staff call ``number``; held until the transaction ends, so that two acts on
        one case come one after the other."""

    async def is_taken(self, number: str) -> bool: ...

    async def live(self, community: CommunityId) -> list[CaseRow]: ...

    async def lately(self, community: CommunityId, gone: datetime) -> list[str]:
        """The ids of cases that are on the reps' list, or to be shredded after ``gone``."""

    async def entries(self, cases: Collection[str]) -> list[EntryRow]: ...

    async def expired(self, community: CommunityId, slot: datetime) -> list[CaseRow]:
        """Cases to be shredded at ``slot``; held until the transaction ends."""

    async def looked_for(self, now: datetime) -> list[CommunityId]:
        """Communities with a case that the clock must look at by now."""

    async def to_look_at(self, community: CommunityId, upto: datetime, most: int) -> list[CaseRow]:
        """Cases to be looked at by then, the earliest first; held until the transaction ends."""

    async def next_due(self, now: datetime) -> datetime | None: ...

    async def remove(self, id: str) -> None:
        """The case and its entries."""


class Ledger(Protocol):
    """What happens on a schedule happens once: the claim and the effect commit together."""

    async def claim(self, kind: str, scope: str, period: str) -> bool:
        """Whether this run is ours; False when somebody had it."""

    async def made_up_for(
        self, kind: str, period: str, scopes: Collection[str], now: datetime
    ) -> None:
        """These runs were ours, but their time had been missed."""

    async def newest(self, kind: str) -> str | None:
        """The latest period claimed of a kind, whosever it was; None where none ever was."""

    async def missed(self, since: datetime) -> int:
        """How many runs were made up for since then."""

    async def missed_by(self, since: datetime) -> set[str]:
        """For whom."""

    async def forget(self, kinds: Collection[str], before: datetime) -> None:
        """Runs of these kinds whose period, a moment, lies before then."""

    async def first_time(self, marks: Sequence[bytes], day: date) -> bool:
        """Whether none of an event's marks is known; keeps the first of them, under its day."""

    async def forget_marks(self, before: date) -> None: ...


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One week in the chain of staff's acts. ``sealed``: the acts and the nonce, while kept."""

    community: CommunityId
    place: int
    commitment: bytes
    head: bytes
    sealed: bytes | None


class AuditShelf(Protocol):
    """The chain of staff's acts, and the acts that are not in it yet."""

    async def keep_act(self, id: str, community: CommunityId, sealed: bytes) -> None: ...

    async def acts(
        self, communities: Collection[CommunityId]
    ) -> list[tuple[str, CommunityId, bytes]]:
        """(id, whose, sealed), in no order."""

    async def drop_acts(self, ids: Collection[str]) -> None: ...

    async def last(self, communities: Collection[CommunityId]) -> dict[CommunityId, AuditPage]:
        """The last page of each that has one."""

    async def add(self, pages: Sequence[AuditPage]) -> None: ...

    async def pages(self, community: CommunityId) -> list[AuditPage]:
        """From the first to the last."""

    async def forget(self, pages: Collection[tuple[CommunityId, int]]) -> None:
        """The acts of these pages go; their commitments stay."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows as they lie in a table, for the panel that shows what is kept. Bytes as hex."""

    table: str
    rows: list[dict[str, str | int | None]]


class Work(Protocol):
    """One transaction. Leaving it normally commits; an error undoes it all."""

    @property
    def communities(self) -> Communities: ...
    @property
    def grievances(self) -> Grievances: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def polls(self) -> Polls: ...
    @property
    def digests(self) -> Digests: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def audit(self) -> AuditShelf: ...
    @property
    def calm(self) -> Calm: ...
    @property
    def belongings(self) -> Belongings: ...
    @property
    def platforms(self) -> Platforms: ...

    async def coming(self) -> Mapping[What, datetime]:
        """The next moment of each kind that has one; those that have come are the past ones."""

    async def kept(self, keys: Collection[str]) -> set[str]:
        """Which of these names of keys a row carries; or a poll's comments, kept or to come."""

    async def stored(self, names: Collection[str]) -> list[Stored]:
        """Every row that exists because of the case whose key has these names."""


OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
