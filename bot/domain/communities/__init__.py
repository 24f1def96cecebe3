"""Communities: who belongs together, in which places, by which calendar things cross, who hears.

A community is the tenant. No worker appears here; staff do, because they accepted a role.

    community.py   the tenant itself
    places.py      its spaces and rooms, and who can read them
    slots.py       the fixed moments at which everything crosses
    staff.py       people in roles: grants, quiet hours, accounts
    rota.py        who is on duty, week by week
    duty.py        what a rep may do about their own duty
    times.py       days and hours as staff type them
    words.py       what it calls those who hold a role
    retention.py   how long a case is kept after its end
    first_pulse.py what everybody is to be asked once it is open
    watch.py       when a community must be looked at next for its people
    policy.py      the steps a case climbs while nobody answers
"""

from bot.domain.communities.community import (
    CATEGORIES,
    LANGUAGES,
    MOST_CATEGORIES,
    MOST_STAFF,
    Community,
    CommunityId,
)
from bot.domain.communities.first_pulse import FirstPulse
from bot.domain.communities.places import RoomKind, Space, Trust
from bot.domain.communities.policy import DEFAULT_STEPS, Policy, Step, Target
from bot.domain.communities.retention import LEAST_KEPT, MOST_KEPT, Retention
from bot.domain.communities.rota import Change, Lies, Rota, Span
from bot.domain.communities.slots import Slots, on_the_wall
from bot.domain.communities.staff import Account, Grant, Hours, Role, Staff, StaffId, roles_at
from bot.domain.communities.words import LONGEST_LABEL, Words, read_words

__all__ = [
    "CATEGORIES",
    "DEFAULT_STEPS",
    "LANGUAGES",
    "LEAST_KEPT",
    "LONGEST_LABEL",
    "MOST_CATEGORIES",
    "MOST_KEPT",
    "MOST_STAFF",
    "Account",
    "Change",
    "Community",
    "CommunityId",
    "FirstPulse",
    "Grant",
    "Hours",
    "Lies",
    "Policy",
    "Retention",
    "Role",
    "RoomKind",
    "Rota",
    "Slots",
    "Space",
    "Span",
    "Staff",
    "StaffId",
    "Step",
    "Target",
    "Trust",
    "Words",
    "on_the_wall",
    "read_words",
    "roles_at",
]
