"""Communities: who belongs together, in which places, and by which calendar things cross.

A community is the tenant. Its slots are the fixed moments at which everything crosses between
reporters and staff (privacy rule 3). No worker appears here; staff do, because they accepted it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NewType
from zoneinfo import ZoneInfo

from bot.domain.errors import NobodyLeft, NobodyLeftAtAll

CommunityId = NewType("CommunityId", str)
StaffId = NewType("StaffId", str)  #: 32 hex digits, random.

MOST_STAFF = 25  #: people whom any step can reach: so many options fit one dialog everywhere
MOST_CATEGORIES = 25


class Role(StrEnum):
    """What a person may do. Roles are a set, not a ladder: an organiser is not a rep."""

    WORKER = "worker"
    REP = "rep"
    ORGANISER = "organiser"
    MODERATOR = "moderator"


class Trust(StrEnum):
    """Whether an employer, or someone it pays, can read or switch off a space."""

    EMPLOYER_OWNED = "employer-owned"
    NEUTRAL = "neutral"
    WORKER_OWNED = "worker-owned"


class RoomKind(StrEnum):
    """The shared rooms the bot speaks in unasked: fixed sentences at fixed slots."""

    BULLETIN = "bulletin"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Space:
    """One place on one platform that belongs to a community: a guild, a workspace, some rooms."""

    id: str
    platform: str
    address: str  #: the platform's own id of it
    name: str
    trust: Trust
    rooms: dict[RoomKind, str] = field(default_factory=dict)  #: kind -> the platform's room id


@dataclass(frozen=True, slots=True)
class Account:
    """Where a member of staff is reached: a platform and its id of the person."""

    platform: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Staff:
    """Someone who accepted a role. ``named``: agreed to be named in employer-owned spaces."""

    id: StaffId
    name: str
    roles: frozenset[Role]
    named: bool
    accounts: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Slots:
    """The community's calendar of crossings: weekdays (0 is Monday) at one hour of its zone.

    One moment a day at most, so slots are at least 23 hours apart, 24 but for summer time.
    """

    zone: str = "UTC"
    weekdays: tuple[int, ...] = (0, 2, 4)
    at: time = time(9)

    def __post_init__(self) -> None:
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise ValueError("slots need at least one weekday, each from 0 (Monday) to 6")
        ZoneInfo(self.zone)  # raises for a zone that does not exist

    def after(self, moment: datetime) -> datetime:
        """The first slot strictly after ``moment`` (both in UTC)."""
        return next(self._forward(moment))

    def upto(self, moment: datetime) -> datetime:
        """The last slot at or before ``moment``: what has crossed, crossed by then."""
        return next(self._backward(moment))

    def not_before(self, moment: datetime) -> datetime:
        """The first slot at or after ``moment``: expiries are rounded up to it."""
        last = self.upto(moment)
        return last if last == moment else self.after(moment)

    def opens_week(self, slot: datetime) -> bool:
        """Whether ``slot`` is the first of its week, Monday to Sunday in the community's zone."""
        before = self.upto(slot - timedelta(seconds=1))
        return self._week(before) != self._week(slot)

    def _week(self, moment: datetime) -> tuple[int, int]:
        return moment.astimezone(ZoneInfo(self.zone)).isocalendar()[:2]

    def _forward(self, moment: datetime) -> Iterator[datetime]:
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        while True:
            slot = self._on(day)
            if day.weekday() in self.weekdays and slot > moment:
                yield slot
            day += timedelta(days=1)

    def _backward(self, moment: datetime) -> Iterator[datetime]:
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        while True:
            slot = self._on(day)
            if day.weekday() in self.weekdays and slot <= moment:
                yield slot
            day -= timedelta(days=1)

    def _on(self, day: date) -> datetime:
        # An hour that summer time skips is read with the offset from before the change, so the
        # slot comes an hour later by the clock on the wall that day and never twice.
        return datetime.combine(day, self.at, ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a case may wait for its first word, and who stands behind the reps.

    ``first_answer``: elapsed hours from release within which someone must acknowledge.
    """

    first_answer: timedelta = timedelta(hours=24)
    outside_body: str = ""
    on_duty: tuple[StaffId, ...] = ()


@dataclass(frozen=True, slots=True)
class Community:
    """The tenant: its words, its calendar, its people in roles, its places."""

    id: CommunityId
    name: str
    code: str  #: what a worker types in a direct room to be led here
    language: str
    slots: Slots
    categories: tuple[str, ...]
    policy: Policy
    members: int  #: as declared by a moderator
    staff: tuple[Staff, ...] = ()
    spaces: tuple[Space, ...] = ()

    def __post_init__(self) -> None:
        if len(self.readers()) > MOST_STAFF or len(self.categories) > MOST_CATEGORIES:
            raise ValueError(f"at most {MOST_STAFF} reps and {MOST_CATEGORIES} categories")

    def with_role(self, *roles: Role) -> tuple[Staff, ...]:
        """Staff who hold any of ``roles``, in the order of their names."""
        found = (one for one in self.staff if one.roles & set(roles))
        return tuple(sorted(found, key=lambda one: one.name.casefold()))

    def readers(self) -> tuple[Staff, ...]:
        """Everyone whom a step of the policy can reach: the reps."""
        return self.with_role(Role.REP)

    def on_duty(self) -> tuple[Staff, ...]:
        """Who hears cases now; all reps when nobody is."""
        reps = self.with_role(Role.REP)
        return tuple(one for one in reps if one.id in self.policy.on_duty) or reps

    def nobody_left(self) -> NobodyLeft:
        """What to say when everyone who could read was left out."""
        body = self.policy.outside_body
        return NobodyLeft(outside_body=body) if body else NobodyLeftAtAll()

    def person(self, staff: StaffId) -> Staff | None:
        return next((one for one in self.staff if one.id == staff), None)


#: What tech workers name when asked; a community may change the list.
CATEGORIES = (
    "pay",
    "late_payment",
    "hours",
    "on_call",
    "stress",
    "surveillance",
    "discrimination",
    "ethics",
    "contract",
    "community",
    "other",
)
