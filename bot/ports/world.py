"""The rest of the world: time, chance, platforms to speak on, the log."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from bot.chat import Card
from bot.domain.communities import Community

T = TypeVar("T")


class Clock(Protocol):
    """Two hands: ``now`` is the calendar, which the sandbox moves; ``elapsed`` only runs."""

    def now(self) -> datetime:
        """Aware, in UTC."""

    def elapsed(self) -> float:
        """Seconds since some fixed moment."""


class Chance(Protocol):
    """The only source of randomness, so that a world can be replayed."""

    def bytes(self, count: int) -> bytes: ...

    def shuffled(self, things: Sequence[T]) -> list[T]: ...


class Post(Protocol):
    """One platform's way to say something unasked."""

    async def to_person(self, address: str, card: Card, community: Community) -> None:
        """To a member of staff, alone. Raises Undelivered."""

    async def to_room(self, space: str, room: str, card: Card, community: Community) -> None:
        """To a shared room. Raises Undelivered."""


class Undelivered(Exception):
    """Could not be said now; the outbox will try again."""


class Noted(StrEnum):
    """All that the log may ever tell. None of them is caused by a single worker's act."""

    STARTED = "started"
    STOPPED = "stopped"
    SLOT = "slot"
    SHREDDED = "shredded"
    BUG = "bug"
    PARKED = "parked"
    UNDELIVERED = "undelivered"
    WARNED = "warned"


class Log(Protocol):
    """An allow-list: an event and enumerated facts. Anything else has no way in."""

    def note(self, event: Noted, **facts: str | int) -> None:
        """``facts``: kind, place, platform, period, address; other keys are refused."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Who runs this copy, as ``/about`` and the label tell it."""

    name: str
    operator: str
    contact: str
    external_door: str
    identity_page: str


@dataclass(frozen=True, slots=True)
class Due:
    """A moment the clock will bring: ``slot``, ``deadline``, ``digest`` or ``close``."""

    at: datetime
    what: str


Tick = Callable[[], Awaitable[None]]
