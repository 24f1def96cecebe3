"""Staff: people who accepted a role, the hours they are not disturbed, and the end of their role.

One member of staff has a name, a zone, quiet hours, one or more accounts and dated grants. Nothing
here is about a worker: staff are kept because they accepted it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NewType
from zoneinfo import ZoneInfo

from bot.domain.communities.slots import on_the_wall

StaffId = NewType("StaffId", str)  #: 32 hex digits, random.

WARNED_BEFORE = timedelta(days=14)  #: a role's end is told this long before
TRACES_KEPT = timedelta(days=30)  #: after the last role's end what is kept of a person goes
A_ROLE_LASTS = timedelta(days=365)  #: unless less was agreed; never longer
LONGEST_QUIET = timedelta(hours=16)  #: of a day; some hours must be left to be reached in
#: Platforms whose accounts live in one space: the others reach a person anywhere.
_LIVES_IN_A_SPACE = frozenset({"slack"})


class Role(StrEnum):
    """What a person may do. Roles are a set, not a ladder: an organiser is not a rep."""

    WORKER = "worker"
    REP = "rep"
    ORGANISER = "organiser"
    MODERATOR = "moderator"


@dataclass(frozen=True, slots=True)
class Account:
    """Where a member of staff is reached: a platform and its id of the person.

    ``space``: the platform's id of the place the account lives in, where accounts do (a Slack
    workspace); empty where one is reached anywhere. In an employer-owned one nobody is told of
    anything (privacy rule 8). ``proof``: by what the platform proves who acts, as it was when the
    role was taken: another means another hand. Empty where the platform proves nothing.
    """

    platform: str
    address: str = field(repr=False)
    space: str = ""
    proof: str = field(default="", repr=False)

    @classmethod
    def of(cls, platform: str, address: str, space: str, proof: str = "") -> "Account":
        """The account of somebody who acts in ``space``."""
        return cls(platform, address, space if platform in _LIVES_IN_A_SPACE else "", proof)

    @property
    def at(self) -> tuple[str, str]:
        """What makes it this account, whoever acts with it."""
        return self.platform, self.address


@dataclass(frozen=True, slots=True)
class Hours:
    """When a person is not to be disturbed: from ``begins`` to ``ends`` by the clock of ``zone``,
    across midnight where the second is earlier. Equal: never quiet."""

    zone: str = "UTC"
    begins: time = time(0)
    ends: time = time(0)

    def __post_init__(self) -> None:
        ZoneInfo(self.zone)  # raises for a zone that does not exist

    @property
    def length(self) -> timedelta:
        """How much of an ordinary day is quiet."""
        begins, ends = (
            timedelta(hours=at.hour, minutes=at.minute) for at in (self.begins, self.ends)
        )
        return (ends - begins) % timedelta(days=1)

    def over(self, moment: datetime) -> datetime:
        """``moment``, or the end of the quiet hours it lies in."""
        if self.begins == self.ends:
            return moment
        today = moment.astimezone(ZoneInfo(self.zone)).date()
        for day in (today - timedelta(days=1), today):
            last = day + timedelta(days=self.ends < self.begins)
            starts = on_the_wall(day, self.begins, self.zone)
            ends = on_the_wall(last, self.ends, self.zone)
            if starts <= moment < ends:
                return ends
        return moment


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, held from ``begins`` until before ``ends``. It begins with the person's accept."""

    role: Role
    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        return self.begins <= at < self.ends

    @property
    def warned(self) -> datetime:
        """When its holder is told that it ends."""
        return self.ends - WARNED_BEFORE


@dataclass(frozen=True, slots=True)
class Staff:
    """Someone who accepted a role.

    ``roles``: those that hold now; ``grants``: all, with their dates. ``named``: agreed to be
    named in employer-owned spaces. ``days_off``: (from, until before), in UTC.
    """

    id: StaffId
    name: str
    roles: frozenset[Role]
    named: bool
    accounts: tuple[Account, ...] = ()
    hours: Hours = Hours()
    days_off: tuple[tuple[datetime, datetime], ...] = ()
    grants: tuple[Grant, ...] = ()

    def has(self, account: Account) -> bool:
        """Whether an account is theirs, whoever acts with it."""
        return any(one.at == account.at for one in self.accounts)

    def acts_with(self, account: Account) -> bool:
        """Whether who acts with an account is, as far as its platform can prove, who took the role
        with it: whoever rules over the platform may add a device to somebody's account."""
        return any((one.at, one.proof) == (account.at, account.proof) for one in self.accounts)

    def is_away(self, at: datetime) -> bool:
        return any(begins <= at < ends for begins, ends in self.days_off)

    def disturbed_from(self, moment: datetime) -> datetime:
        """``moment``, or the end of the quiet hours and days off it lies in."""
        while (later := self._later(moment)) != moment:
            moment = later
        return moment

    def _later(self, moment: datetime) -> datetime:
        off = [ends for begins, ends in self.days_off if begins <= moment < ends]
        return self.hours.over(max(off, default=moment))


def roles_at(grants: Iterable[Grant], at: datetime) -> frozenset[Role]:
    """The roles that hold at a moment."""
    return frozenset(grant.role for grant in grants if grant.holds(at))
