"""Polls as the core knows their rows: the shelf of polls, pulses and sealed ballots."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.communities import CommunityId
from bot.domain.polls import Poll, PollId, Pulse, PulseId
from bot.domain.privacy import Result


@dataclass(frozen=True, slots=True)
class SealedBallot:
    """One person's answers, which only the poll's secret opens. ``tag``: a keyed hash, under a
    pepper that is destroyed at the close; by it a change of mind replaces the row."""

    poll: PollId
    tag: bytes
    sealed: bytes = field(repr=False)


#: Keep each, replacing what has its tag, in those polls that are open; gives which are. No tag comes
#: twice in one call. What it gives is durable. Raises CannotSave.
CastBallots = Callable[[Sequence[SealedBallot], datetime], Awaitable[set[PollId]]]


class Polls(Protocol):
    """The shelf of polls and pulses, and of the ballots of what is open."""

    async def add(self, poll: Poll) -> None: ...

    async def get(self, id: PollId) -> Poll | None: ...

    async def held(self, id: PollId) -> Poll | None:
        """Until the transaction ends nobody else closes it and no ballot is cast in it."""

    async def open(self, community: CommunityId, now: datetime) -> list[Poll]:
        """Those that can be answered, the first to close first."""

    async def of(self, community: CommunityId, most: int) -> list[Poll]:
        """The newest first."""

    async def closing(self, community: CommunityId, upto: datetime) -> bool:
        """Whether one should have closed by then and has not."""

    async def closed_between(
        self, community: CommunityId, since: datetime, upto: datetime
    ) -> tuple[PollId, ...]:
        """Those that closed after ``since`` and by ``upto``, the first first; one that was closed by
        hand from ``since`` on and before ``upto``."""

    async def without_outcome(self, community: CommunityId, most: int) -> list[Poll]:
        """Closed ones of which nobody said what came, of a pulse its last closed wave alone; the
        newest ``most``, oldest first."""

    async def waves(self, pulse: PulseId, upto: int, most: int) -> list[Poll]:
        """A pulse's closed waves up to one, the last ``most`` of them, oldest first."""

    async def keep_outcome(self, id: PollId, outcome: str) -> None: ...

    # Ballots

    async def ballots(self, poll: PollId) -> list[bytes]:
        """What was sealed, in the order of the tags, which says nothing."""

    async def settle(self, poll: PollId) -> int:
        """Write a poll's ballots anew in the order of their tags, so that neither their place nor
        the transaction that wrote them tells when each came; gives how many there are."""

    # The close

    async def to_close(self, now: datetime) -> list[PollId]:
        """Open polls whose time is over."""

    async def close(self, id: PollId, result: Result, comments: bytes | None, at: datetime) -> None:
        """Store what is shown, and ``comments`` sealed; delete the ballots."""

    async def comments(self, id: PollId) -> bytes | None: ...

    async def commented(self, before: datetime) -> list[PollId]:
        """Those that closed before then and whose comments are kept."""

    async def forget_comments(self, ids: Collection[PollId]) -> None: ...

    async def still_open(self, ids: Collection[PollId]) -> set[PollId]:
        """Which of these are kept and not closed."""

    async def are_closed(self, ids: Collection[PollId]) -> dict[PollId, bool]:
        """Of each of these that is kept: whether it has closed."""

    # Pulses

    async def add_pulse(self, pulse: Pulse, next_wave: datetime) -> None: ...

    async def pulse(self, id: PulseId) -> Pulse | None:
        """Held until the transaction ends."""

    async def pulses(self, community: CommunityId) -> list[tuple[Pulse, datetime]]:
        """Those that have a wave to come, and when."""

    async def waves_due(self, now: datetime) -> list[PulseId]: ...

    async def next_wave_of(self, id: PulseId) -> datetime | None: ...

    async def set_next_wave(self, id: PulseId, at: datetime | None) -> None:
        """None: there is none to come any more."""
