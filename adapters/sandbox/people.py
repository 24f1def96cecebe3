"""The personas of the sandbox, and the one open community they belong to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.communities import (
    CATEGORIES,
    Account,
    Community,
    CommunityId,
    Grant,
    Policy,
    Role,
    RoomKind,
    Rota,
    Slots,
    Space,
    Staff,
    StaffId,
    Trust,
)

PLATFORM = "sandbox"
SPACE = "harbour-town"
#: Every place of the town: its id, what it is called, and what its rooms' ids begin with. The first
#: belongs to the seeded community, the others to nobody until somebody claims or links them.
PLACES = (
    (SPACE, "Harbour Tech Workers", ""),
    ("dockside-works", "Dockside Works", "dockside-"),
    ("crane-street", "Crane Street", "crane-"),
)
MEMBERS_FOR = timedelta(days=60)  #: staff had their roles that long before the opening
JOINED = datetime(2020, 1, 1, tzinfo=UTC)  #: since when everybody is a member
ROLES_LAST = timedelta(days=5 * 365)  #: so that no role ends in the middle of a demonstration
OUTSIDE_BODY = "Harbour Law Centre, open on weekdays, room 4 at the old post office"


@dataclass(frozen=True, slots=True)
class Persona:
    """Someone to act as. ``id`` is their account on this platform."""

    id: str
    name: str
    role: Role


def _persona(name: str, role: Role) -> Persona:
    return Persona(name.lower().replace(" ", "-").replace("'", ""), name, role)


PERSONAS = (
    *(
        _persona(name, Role.WORKER)
        for name in (
            "Noor Haddad",
            "Marta Lindqvist",
            "Tomasz Zielinski",
            "Adaeze Okafor",
            "Jun Takahashi",
            "Priya Raman",
            "Luca Ferrari",
            "Sofia Marques",
            "Emeka Nwosu",
            "Hanna Virtanen",
            "Diego Salazar",
            "Yasmin Aksoy",
        )
    ),
    *(_persona(name, Role.REP) for name in ("Ines Moreau", "Karim Benali", "Greta Holm")),
    *(_persona(name, Role.MODERATOR) for name in ("Oskar Brandt", "Leila Farouk")),
    _persona("Ruth Adeyemi", Role.ORGANISER),
)


def community(new_id: Callable[[], str], code: str, opened: datetime) -> Community:
    """The seeded community: open, in English, in one neutral space, with the default policy."""
    lasts = opened + ROLES_LAST
    staff = tuple(
        Staff(
            StaffId(new_id()),
            one.name,
            frozenset({one.role}),
            named=one.role in (Role.REP, Role.ORGANISER),
            accounts=(Account(PLATFORM, one.id),),
            grants=(Grant(one.role, opened - MEMBERS_FOR, lasts),),
        )
        for one in PERSONAS
        if one.role is not Role.WORKER
    )
    first_rep = next(one for one in staff if Role.REP in one.roles)
    space = Space(
        id=new_id(),
        platform=PLATFORM,
        address=SPACE,
        name=PLACES[0][1],
        trust=Trust.NEUTRAL,
        rooms={
            RoomKind.BULLETIN: "general",
            RoomKind.STAFF: "reps",
            RoomKind.ORGANISERS: "organisers",
        },
    )
    return Community(
        id=CommunityId(new_id()),
        name="Harbour Tech Workers",
        code=code,
        language="en",
        slots=Slots(),
        categories=CATEGORIES,
        policy=Policy(outside_body=OUTSIDE_BODY),
        members=30,
        staff=staff,
        spaces=(space,),
        rota=Rota((first_rep.id,)),
        opened=opened,
    )
