"""The outbox as the core knows it: what is to be said later, to one destination each.

A parcel holds a sentence's name and its facts, never a word of a case. Its rows come from slots, the
clock and staff alone (and from an urgent case, by its reporter's choice).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.communities import CommunityId, RoomKind, StaffId

MAIL = "mail"  #: what e-mail goes by among the platforms


class Notice(StrEnum):
    """Everything that is ever said unasked."""

    CASE_WAITS = "case_waits"
    CASE_MOVED = "case_moved"
    CASE_REMINDER = "case_reminder"
    CASE_HANDED = "case_handed"
    CASE_BROUGHT_IN = "case_brought_in"
    CASE_LAW = "case_law"
    CASE_NOBODY = "case_nobody"
    CASE_WITHDRAWN = "case_withdrawn"
    DUTY_BEGINS = "duty_begins"
    DUTY_OFFERED = "duty_offered"
    DUTY_GIVEN = "duty_given"
    ROLE_ENDS = "role_ends"
    ROLE_ENDED = "role_ended"
    ROLE_OFFERED = "role_offered"
    ACCOUNT_ADDED = "account_added"
    KEYS_CHANGED = "keys_changed"
    CHANGE_WAITS = "change_waits"
    CHANGE_ASKS = "change_asks"
    CHANGE_HOLDS = "change_holds"
    CHANGE_OFF = "change_off"
    SPACE_GONE = "space_gone"
    TEST = "test"
    STAFF = "staff"
    BULLETIN = "bulletin"
    POLL_OPENS = "poll_opens"
    POLL_REMINDS = "poll_reminds"
    POLL_RESULTS = "poll_results"
    DIGEST = "digest"
    DIGEST_SET = "digest_set"
    OWN_LIST = "own_list"


class Fate(StrEnum):
    """How it stands with a parcel. Whatever was said is kept no longer."""

    WAITING = "waiting"
    LEASED = "leased"  #: in somebody's hands; or was, when its lease ran out
    PARKED = "parked"  #: the last try failed, too
    UNREACHABLE = "unreachable"  #: nobody is there to be told: blocked, or gone
    IN_DOUBT = "in doubt"  #: perhaps said; where a platform cannot tell it is not said again


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to be said at one destination: an account of a member of staff, an e-mail address
    (an account of nobody), or a room.

    ``account``: the keyed hash by which the account is found. ``not_before``: when it may be said;
    each destination hears things in this order, and of the same moment in the order they were put.
    ``doubted``: since when it may have been said already. ``sealed``: the cases it is about; it is
    said only while one of them still concerns whom it is for; or whom a role is offered to.
    """

    id: str
    community: CommunityId
    platform: str
    notice: str
    facts: Mapping[str, str]
    not_before: datetime
    staff: StaffId | None = None
    account: bytes | None = field(default=None, repr=False)
    space: str | None = None
    room: RoomKind | None = None
    tries: int = 0
    fate: Fate = Fate.WAITING
    doubted: datetime | None = None
    sealed: bytes | None = field(default=None, repr=False)

    @property
    def destination(self) -> str:
        """The queue it stands in."""
        if self.account is not None:
            return self.account.hex()
        return f"{self.space}/{self.room}" if self.space else ""


class Outbox(Protocol):
    """What is to be said, written in the transaction of what it tells."""

    async def put(self, *parcels: Parcel) -> None:
        """Each at the end of its destination's queue."""

    async def claim(
        self, platforms: Collection[str], now: datetime, lease: timedelta, most: int
    ) -> list[Parcel]:
        """Parcels to deliver now, the first of each destination alone, leased: nobody gets them,
        nor what stands behind them, until the lease is over. What somebody had and never said how
        it went is doubted from then on."""

    async def delivered(self, id: str) -> None:
        """It was said: nothing of it is kept."""

    async def failed(self, id: str, next_try: datetime, doubted: datetime | None = None) -> None:
        """To be tried again then; ``doubted``: since when it may have been said."""

    async def given_up(self, id: str, fate: Fate) -> None:
        """It is not tried again, but stays to be counted; what stands behind it goes on.

        What will be tried again by nobody keeps neither what it told nor whom, nor more of its
        moment than the day; what is parked keeps its times to the hour."""

    async def released(self, ids: Collection[str], now: datetime) -> None:
        """Leased and not begun: anybody may have them from then on."""

    async def another_try(self, platforms: Collection[str], now: datetime, tries: int) -> None:
        """What was parked waits again, as if it had been tried so often."""

    async def forget(self, before: datetime) -> None:
        """What was given up and should have been said before then."""

    async def next_due(self, now: datetime) -> datetime | None:
        """The first moment after ``now`` at which something may be said or tried again."""

    async def counts(self, *, rooms: bool) -> dict[Fate, int]:
        """Of what goes to rooms, or else to people."""

    async def rooms_given_up(self, community: CommunityId) -> bool:
        """Whether anything that was to be said in a room of a community was given up: of people it
        would tell of cases."""

    async def troubles(
        self, rooms_before: datetime, people_before: datetime
    ) -> set[tuple[CommunityId, Fate]]:
        """Communities of which something was given up, and how; or, as waiting, of which something
        to a room, or else to people, should have been said before then."""

    async def unsaid_in_rooms(self, community: CommunityId, notice: str, change: str) -> bool:
        """Whether a room of a community has still to hear a sentence about a change of it, or never
        did, being out of reach."""

    async def late(self, before: datetime, *, rooms: bool) -> int:
        """How many, to rooms or else to people, should have been said before then and still wait."""
