"""The shelf of the chain of staff's acts: what they did, week by week, sealed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.communities import CommunityId


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
