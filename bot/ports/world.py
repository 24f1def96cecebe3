"""The rest of the world: time, chance, platforms to speak on, the log."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Protocol, TypeVar

from bot.chat import Card
from bot.domain.communities import Community
from bot.ports.parcels import MAIL

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


class Membership(Enum):
    """What a platform tells of an account in a place, at the moment it is asked."""

    MEMBER = "member"
    STRANGER = "stranger"
    CANNOT_TELL = "cannot tell"


class Post(Protocol):
    """One platform's way to say something unasked.

    ``id`` makes it idempotent: as long as the platform ``remembers`` an id, the same one again is
    said once. Zero where it knows no ids: then what is in doubt is never said again.
    """

    remembers: timedelta

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        """To a member of staff, alone. Raises Undelivered, Rejected, InDoubt, Unreachable."""

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        """To a shared room. Raises Undelivered, Rejected, InDoubt, Unreachable."""

    async def membership(self, space: str, account: str) -> tuple[Membership, datetime | None]:
        """Whether an account is in a place, and since when where the platform tells it. Looked at,
        never kept; what cannot be found out just now cannot be told."""

    async def lacks(self, space: str, rooms: Collection[str]) -> tuple[str, ...]:
        """What the bot may not do in a place, in the platform's own words, its rooms among them."""

    async def open_to_all(self, space: str, room: str) -> bool | None:
        """Whether everybody in the place may read a room; None where that cannot be told."""
        return None

    def connected(self) -> bool:
        """Whether the platform can be spoken to just now."""

    def away(self) -> bool:
        """Whether it is known without trying that nothing at all can be said there just now: what is
        to be said waits until it can."""
        return False


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart: percent from ``low`` to ``high`` (the same where it is one figure), or
    None where it is not shown; ``words`` say the same."""

    label: str
    words: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Point:
    """One wave of a trend: percent, or points from -100, or None where it is not shown."""

    label: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars below one another or, where there are ``points``, a line over the waves, with gaps."""

    title: str
    bars: tuple[Bar, ...] = ()
    points: tuple[Point, ...] = ()


class NotDrawn(Exception):
    """A picture could not be made; the words beside it say the same."""


class Charts(Protocol):
    """Draws charts: panels below one another in one picture."""

    async def draw(self, panels: Sequence[Panel]) -> bytes:
        """A PNG, readable on a telephone. Raises NotDrawn."""


class Undelivered(Exception):
    """Was not said; may be tried again, after ``retry_after`` where the platform named it."""

    def __init__(self, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__("not delivered")


class PlatformAway(Undelivered):
    """Was not said, for the platform is away: it waits until that is back, and no try is counted."""


class Rejected(Exception):
    """It will not be taken as things stand: somebody must mend something. ``why``: a sentence of
    ours for the operator, without a word of what was to be said."""

    def __init__(self, why: str = "it was rejected") -> None:
        self.why = why
        super().__init__(why)


class InDoubt(Exception):
    """Perhaps said, perhaps not: the answer never came."""


class Unreachable(Exception):
    """There is nobody to say it to: blocked, gone, or a room that the bot may not enter."""


class Noted(StrEnum):
    """All that the log may ever tell. None of them is caused by a single worker's act."""

    STARTED = "started"
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
    language: str = "en"  #: in which strangers are answered


class What(StrEnum):
    """A kind of what the clock brings by itself, in the order of a tick."""

    CLOSE = "close"  #: of a poll
    WAVE = "wave"  #: of a pulse
    SLOT = "slot"
    LOOK = "look"  #: at a case
    DUTY = "duty"  #: a handover, the end of a role
    CHANGE = "change"  #: of what moderators agreed on
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Due:
    """A moment the clock will bring: ``slot``, ``deadline``, ``digest`` or ``close``. Others happen
    on the way and are shown to nobody: ``duty`` (a handover, the end of a role), ``look`` (at a
    case), ``wave`` (of a pulse), ``notice`` (something may be said)."""

    at: datetime
    what: str


class Figure(StrEnum):
    """What somebody should look at, as counts."""

    PARKED = "parked"  #: notices that were given up after many tries
    IN_DOUBT = "in_doubt"  #: notices that may have been said, where nobody can tell
    LATE = "late"  #: what the clock should have brought more than five minutes ago
    MISSED = "missed"  #: what came more than an hour late, in the last day
    UNREACHABLE = "unreachable"  #: staff without a place to be told, and rooms that are not there


@dataclass(frozen=True, slots=True)
class Health:
    """What can be reached now, by platform and e-mail too. ``figures``: None where the database
    cannot be. A mail server that is away makes nobody wait: without it the bot is as ready."""

    database: bool
    keys: bool
    platforms: Mapping[str, bool]
    figures: Mapping[Figure, int] | None

    @property
    def ready(self) -> bool:
        return (
            self.database
            and self.keys
            and all(reached for name, reached in self.platforms.items() if name != MAIL)
        )


Tick = Callable[[], Awaitable[None]]
