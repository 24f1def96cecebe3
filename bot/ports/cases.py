"""The shelf of released cases and their entries, all of which lie sealed.

What it finds them by follows from slots and staff's own acts.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.communities import CommunityId


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
