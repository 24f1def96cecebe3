"""The shelf of digests: each community's plan and how far it has come, and what was published."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from bot.domain.communities import CommunityId
from bot.domain.digests import Plan, Standing


@dataclass(frozen=True, slots=True)
class DigestRow:
    """``plan``: without its addresses, which lie sealed. ``revision``: counts what organisers
    changed. ``due``: when the next one is due, None while paused. ``nowhere``: whether there is
    neither room nor address for it. ``carried``: sealed, what counts toward the next fives."""

    community: CommunityId
    plan: Plan
    standing: Standing
    due: datetime | None
    revision: int = 1
    nowhere: bool = False
    sealed_addresses: bytes | None = field(default=None, repr=False)
    carried: bytes | None = field(default=None, repr=False)


class Digests(Protocol):
    async def add(self, row: DigestRow) -> None: ...

    async def held(self, community: CommunityId) -> DigestRow:
        """Every community has one. Held until the transaction ends."""

    async def get(self, community: CommunityId) -> DigestRow: ...

    async def keep(self, row: DigestRow) -> None:
        """In place of what was kept of its community."""

    async def due(self, now: datetime) -> Sequence[CommunityId]:
        """Communities whose digest is due, the one that has waited longest first."""

    async def nowhere(self) -> int:
        """How many communities' digests are to come, and reach nobody."""

    async def publish(self, community: CommunityId, week: date, sealed: bytes) -> None:
        """Keep what a week's digest says."""

    async def published(self, community: CommunityId, week: date) -> bytes | None: ...

    async def weeks(self, community: CommunityId) -> list[date]:
        """Those whose digest is kept, the first first."""

    async def forget(self, community: CommunityId, before: date) -> None:
        """What the digests of weeks before then said."""
