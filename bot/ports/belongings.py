"""All that a community has, in whatever table, for when it is forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.domain.communities import CommunityId
from bot.domain.polls import PollId


@dataclass(frozen=True, slots=True)
class KeyNames:
    """What the key store must destroy: ``cases`` are names of keys, as waiting or released rows
    have them, and of what comments lie under; ``polls`` are those whose key may still be there."""

    cases: tuple[str, ...]
    polls: tuple[PollId, ...]


class Belongings(Protocol):
    """The shelf of everything."""

    async def stopped(self, community: CommunityId) -> KeyNames:
        """From here on until the transaction ends, nobody opens, answers or closes a poll of it, or
        works on a case; the names of their keys. Its community must be held alone."""

    async def remove(self, community: CommunityId) -> Mapping[str, int]:
        """All rows of it, in every table: how many were in which."""
