"""What the core asks of the world. Each Protocol is one promise.

``storage`` keeps the promises about memory, ``adapters`` the rest; whoever keeps one inherits it.
Every port has a contract in ``tests/contract`` that each implementation must pass.

    memory.py    Work: one transaction of the database, with a shelf per noun
    secrets.py   Keys: case keys and drafts, apart from the database; Vault: key files and ciphers
    world.py     Clock, Chance, Post, Log
"""

from bot.ports.memory import (
    AccountRow,
    CaseRow,
    Cases,
    Communities,
    EntryRow,
    Grievances,
    Ledger,
    OpenWork,
    Outbox,
    Parcel,
    SpaceRow,
    StaffRow,
    Stored,
    Work,
)
from bot.ports.secrets import Key, Keys, Vault, Wrapped
from bot.ports.world import (
    Chance,
    Clock,
    Due,
    Installation,
    Log,
    Noted,
    Post,
    T,
    Tick,
    Undelivered,
)

__all__ = [
    "AccountRow",
    "CaseRow",
    "Cases",
    "Chance",
    "Clock",
    "Communities",
    "Due",
    "EntryRow",
    "Grievances",
    "Installation",
    "Key",
    "Keys",
    "Ledger",
    "Log",
    "Noted",
    "OpenWork",
    "Outbox",
    "Parcel",
    "Post",
    "SpaceRow",
    "StaffRow",
    "Stored",
    "T",
    "Tick",
    "Undelivered",
    "Vault",
    "Work",
    "Wrapped",
]
