"""What the core asks of the world. Each Protocol is one promise.

``storage`` keeps the promises about memory, ``adapters`` the rest; whoever keeps one inherits it.
Every port has a contract in ``tests/contract`` that each implementation must pass.

    memory.py      Work: one transaction of the database, with a shelf per noun
    communities.py Communities: with their spaces and staff; Calm: slots of many at once
    cases.py       Cases: what was released, and its entries
    audit.py       AuditShelf: the chain of staff's acts
    belongings.py  Belongings: all of one community, for when it is forgotten
    parcels.py     Outbox: what is to be said later, to one destination each
    platforms.py   Platforms: what a platform must remember between two runs
    digests.py     Digests: when digests are due, and what they said
    polls.py       Polls: the shelf of polls, pulses and ballots
    secrets.py     Keys: what opens rows, apart from the database; Vault: key files and ciphers
    world.py       Clock, Chance, Post, Charts, Log
"""

from bot.ports.audit import AuditPage, AuditShelf
from bot.ports.belongings import Belongings, KeyNames
from bot.ports.cases import CaseRow, Cases, Dates, EntryRow
from bot.ports.communities import (
    AccountRow,
    Calm,
    CalmSlot,
    Communities,
    Passed,
    PendingRow,
    SpaceRow,
    StaffRow,
)
from bot.ports.digests import DigestRow, Digests
from bot.ports.memory import Grievances, Ledger, OpenWork, Stored, Work
from bot.ports.parcels import MAIL, Fate, Notice, Outbox, Parcel
from bot.ports.platforms import Platforms, WorkspaceRow
from bot.ports.polls import CastBallots, Polls, SealedBallot
from bot.ports.secrets import BadSeal, Key, Keys, Vault, Wrapped
from bot.ports.world import (
    Bar,
    Chance,
    Charts,
    Clock,
    Due,
    Figure,
    Health,
    InDoubt,
    Installation,
    Log,
    Membership,
    NotDrawn,
    Noted,
    Panel,
    PlatformAway,
    Point,
    Post,
    Rejected,
    T,
    Tick,
    Undelivered,
    Unreachable,
    What,
)

__all__ = [
    "MAIL",
    "AccountRow",
    "AuditPage",
    "AuditShelf",
    "BadSeal",
    "Bar",
    "Belongings",
    "Calm",
    "CalmSlot",
    "CaseRow",
    "Cases",
    "CastBallots",
    "Chance",
    "Charts",
    "Clock",
    "Communities",
    "Dates",
    "DigestRow",
    "Digests",
    "Due",
    "EntryRow",
    "Fate",
    "Figure",
    "Grievances",
    "Health",
    "InDoubt",
    "Installation",
    "Key",
    "KeyNames",
    "Keys",
    "Ledger",
    "Log",
    "Membership",
    "NotDrawn",
    "Noted",
    "Notice",
    "OpenWork",
    "Outbox",
    "Panel",
    "Parcel",
    "Passed",
    "PendingRow",
    "PlatformAway",
    "Platforms",
    "Point",
    "Polls",
    "Post",
    "Rejected",
    "SealedBallot",
    "SpaceRow",
    "StaffRow",
    "Stored",
    "T",
    "Tick",
    "Undelivered",
    "Unreachable",
    "Vault",
    "What",
    "Work",
    "WorkspaceRow",
    "Wrapped",
]
