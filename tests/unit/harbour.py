"""A small community made by hand, with no database behind it, for the pure tests.

Three reps of whom two agreed to be named in employer-owned spaces, an organiser who did not, and a
moderator who hears no case.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as some

from bot.chat import Caller, Here
from bot.domain.communities import (
    Account,
    Community,
    CommunityId,
    Policy,
    Role,
    Slots,
    Space,
    Staff,
    StaffId,
    Trust,
)


def person(name: str, *roles: Role, named: bool = True) -> Staff:
    """Someone in a role, with an id that a test can read."""
    id = StaffId(name.lower().ljust(32, "0"))
    return Staff(id, name, frozenset(roles), named, (Account("sandbox", name.lower()),))


INES = person("Ines", Role.REP)
KARIM = person("Karim", Role.REP)
GRETA = person("Greta", Role.REP, named=False)
RUTH = person("Ruth", Role.ORGANISER, named=False)
OSKAR = person("Oskar", Role.MODERATOR)

#: In the first week of June 2026, slots on Monday, Wednesday and Friday at 09:00 UTC.
MONDAY = datetime(2026, 6, 1, 9, tzinfo=UTC)
WEDNESDAY = datetime(2026, 6, 3, 9, tzinfo=UTC)
FRIDAY = datetime(2026, 6, 5, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

#: Any moment of 2026 that a year's slots can be looked up for.
moments = some.integers(0, 330 * 86400).map(
    lambda seconds: datetime(2026, 1, 15, tzinfo=UTC) + timedelta(seconds=seconds)
)


def community(*staff: Staff, **changes: Any) -> Community:
    """The community; its people unless others are given."""
    facts: dict[str, Any] = {
        "id": CommunityId("c" * 32),
        "name": "Harbour",
        "code": "HARBOUR2",
        "language": "en",
        "slots": Slots(),
        "categories": ("pay", "hours"),
        "policy": Policy(outside_body="Harbour Law Centre"),
        "members": 30,
        "staff": staff or (INES, KARIM, GRETA, RUTH, OSKAR),
    }
    return Community(**(facts | changes))


def member(who: str) -> Caller:
    """Somebody who has been a member for a long time, as the platform tells."""
    return Caller("sandbox", "harbour", who, member_since=MONDAY - timedelta(days=400))


def here(
    trust: Trust = Trust.NEUTRAL, staff: Staff | None = None, of: Community | None = None
) -> Here:
    """Someone in the community's one space."""
    space = Space("s" * 32, "sandbox", "harbour", "Harbour", trust)
    return Here(member("noor"), of or community(), space, staff, MONDAY)
