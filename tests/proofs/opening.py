"""A thief with a database, key files and a key store: every key is tried on every sealed row, and
every account they have heard of against every hash.

Knows how this program seals, and asks none of its services.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import MetaData, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.chance import SystemChance
from adapters.vault import FileVault, read_key_files
from bot.ports import BadSeal, Key, Wrapped
from bot.settings import Where
from storage.engine import open_engine
from storage.tables import (
    accounts,
    audit,
    audit_acts,
    ballots,
    case_keys,
    cases,
    community_keys,
    digest_weeks,
    digests,
    entries,
    key_metadata,
    metadata,
    outbox,
    poll_keys,
    polls,
    staff,
    waiting,
)

Rows = dict[str, list[dict[str, Any]]]

#: What each sealed column of a row is bound to.
PLACES = {
    (staff, "sealed_name"): "staff.sealed_name/{id}",
    (staff, "sealed_hours"): "staff.sealed_hours/{id}",
    (accounts, "sealed"): "accounts.sealed/{mark}",
    (digests, "sealed_addresses"): "digests.addresses/{community}",
    (digests, "carried"): "digests.carried/{community}",
    (digest_weeks, "sealed"): "digest_weeks.sealed/{community}/{week}",
    (audit, "sealed"): "audit.sealed/{community}/{place}",
    (audit_acts, "sealed"): "audit_acts.sealed/{id}",
    (outbox, "sealed"): "outbox.sealed/{id}",
    (waiting, "sealed"): "waiting.sealed/{id}",
    (cases, "sealed"): "cases.sealed/{id}",
    (entries, "sealed"): "entries.sealed/{id}",
    (polls, "sealed_comments"): "polls.sealed_comments/{id}",
}


def place(table: Table, column: str, row: dict[str, Any]) -> str:
    shown = {k: v.hex() if isinstance(v, bytes) else v for k, v in row.items()}
    return PLACES[table, column].format(**shown)


async def rows_of(url: str, known: MetaData = metadata) -> Rows:
    """Every row of a database, in the order of its tables' keys."""
    engine = open_engine(url)
    try:
        async with engine.connect() as run:
            return await rows_on(run, known)
    finally:
        await engine.dispose()


async def rows_on(run: AsyncConnection, known: MetaData) -> Rows:
    """Likewise on a connection that is open."""
    found = {}
    for table in known.sorted_tables:
        query = select(table).order_by(*table.primary_key.columns)
        found[table.name] = [dict(r) for r in (await run.execute(query)).mappings()]
    return found


@dataclass
class Thief:
    """``opened``: column -> what was read in it."""

    rows: Rows
    keys: list[Key]
    vault: FileVault
    opened: dict[str, list[str]] = field(default_factory=dict)

    def read(self) -> "Thief":
        for table, column in PLACES:
            for row in self.rows[table.name]:
                if row[column] is not None:
                    self._try(f"{table.name}.{column}", place(table, column, row), row[column])
        for ballot in self.rows[ballots.name]:
            for key in self.keys:
                with suppress(BadSeal):
                    words = self.vault.open_ballot(key, ballot["sealed"])
                    self.opened.setdefault("ballots.sealed", []).append(words.decode())
        return self

    def _try(self, column: str, bound: str, sealed: bytes) -> None:
        for key in self.keys:
            with suppress(BadSeal):
                words = self.vault.open(key, bound, sealed).decode()
                self.opened.setdefault(column, []).append(words)
                return

    def finds(self, words: Iterable[str]) -> set[str]:
        """Which of these were read, sealed or in the clear."""
        everything = "\n".join(line for lines in self.opened.values() for line in lines)
        everything += "\n".join(
            map(str, (v for t in self.rows.values() for r in t for v in r.values()))
        )
        return {one for one in words if one in everything}

    def recognizes(self, platform: str, addresses: Iterable[str]) -> set[str]:
        """Which of these accounts hash to anything that lies there, under any key."""
        hashes = {
            v for t in self.rows.values() for r in t for v in r.values() if isinstance(v, bytes)
        }
        found = set()
        for one in addresses:
            marks = [self.vault.mark("account", platform, one)]
            marks += [self.vault.staff_mark(key, "account", platform, one) for key in self.keys]
            if hashes.intersection(marks):
                found.add(one)
        return found


async def thief(database: Where, keys: Where) -> Thief:
    """With the rows of one place, and the key files and key store of another."""
    vault = FileVault(read_key_files(keys.keys), SystemChance())
    kept = await rows_of(keys.key_store, key_metadata)
    found = [vault._staff]
    for table in (case_keys, poll_keys, community_keys):
        for row in kept[table.name]:
            found.append(vault.unwrap(row["id"], Wrapped(row["wrapped"]), table.name))
    return Thief(await rows_of(database.database), found, vault).read()
