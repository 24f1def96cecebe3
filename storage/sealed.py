"""Every sealed row, what it is bound to and whose key opens it: so that somebody may try them all.

Opens none itself.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Select, Table, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import (
    accounts,
    audit,
    audit_acts,
    case_keys,
    cases,
    community_keys,
    digest_weeks,
    digests,
    entries,
    outbox,
    pending_changes,
    polls,
    staff,
    waiting,
)

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """A sealed column. ``place``: as it is bound, made of the row; ``key``: where the key's name lies;
    ``case``: whether that is a case's (or comments') and not a community's."""

    column: Column[Any]
    place: str
    key: Column[Any]
    case: bool = False

    @property
    def table(self) -> Table:
        return self.column.table

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"

    def all(self) -> Select[Any]:
        query = select(*self.table.primary_key.columns, self.column.label("_sealed"))
        query = query.add_columns(self.key.label("_key")).where(self.column.is_not(None))
        other = self.key.table
        return query if other is self.table else query.join(other)


@dataclass(frozen=True, slots=True)
class Sealed:
    place: str
    key: str
    words: bytes


PENDING = Kind(pending_changes.c.sealed, "pending_changes.sealed/{id}", pending_changes.c.community)
KINDS = (
    Kind(waiting.c.sealed, "waiting.sealed/{id}", waiting.c.key, case=True),
    Kind(cases.c.sealed, "cases.sealed/{id}", cases.c.key, case=True),
    Kind(entries.c.sealed, "entries.sealed/{id}", cases.c.key, case=True),
    Kind(polls.c.sealed_comments, "polls.sealed_comments/{id}", polls.c.id, case=True),
    Kind(staff.c.sealed_name, "staff.sealed_name/{id}", staff.c.community),
    Kind(staff.c.sealed_hours, "staff.sealed_hours/{id}", staff.c.community),
    Kind(accounts.c.sealed, "accounts.sealed/{mark}", staff.c.community),
    PENDING,
    Kind(digests.c.sealed_addresses, "digests.addresses/{community}", digests.c.community),
    Kind(digests.c.carried, "digests.carried/{community}", digests.c.community),
    Kind(digest_weeks.c.sealed, "digest_weeks.sealed/{community}/{week}", digest_weeks.c.community),
    Kind(audit.c.sealed, "audit.sealed/{community}/{place}", audit.c.community),
    Kind(audit_acts.c.sealed, "audit_acts.sealed/{id}", audit_acts.c.community),
    Kind(outbox.c.sealed, "outbox.sealed/{id}", outbox.c.community),
)


async def rows(main: AsyncConnection, kind: Kind) -> AsyncIterator[list[Sealed]]:
    """All of a column, in the order of the rows' keys."""
    key = list(kind.table.primary_key.columns)
    query = kind.all().order_by(*key).limit(AT_ONCE)
    last: Sequence[Any] = ()
    while True:
        further = [literal(value, one.type) for value, one in zip(last, key, strict=bool(last))]
        page = query.where(tuple_(*key) > tuple_(*further)) if last else query
        found = [dict(row) for row in (await main.execute(page)).mappings()]
        yield [Sealed(_bound(kind, row), row["_key"], row["_sealed"]) for row in found]
        if len(found) < AT_ONCE:
            return
        last = [found[-1][one.name] for one in key]


async def wrapped(
    key_store: AsyncConnection, kind: Kind, names: Sequence[str]
) -> Mapping[str, tuple[str, bytes]]:
    """The keys that are there: by the name a row calls it, its id and itself."""
    some = list(set(names))
    if not kind.case:
        query = select(community_keys).where(community_keys.c.id.in_(some))
        return {row.id: (row.id, row.wrapped) for row in await key_store.execute(query)}
    mine = case_keys.c.id.in_(some) | case_keys.c.waiting.in_(some)
    found = (await key_store.execute(select(case_keys).where(mine))).all()
    return {name: (row.id, row.wrapped) for row in found for name in (row.id, row.waiting)}


def _bound(kind: Kind, row: Mapping[str, Any]) -> str:
    shown = {k: v.hex() if isinstance(v, bytes) else v for k, v in row.items() if k != "_sealed"}
    return kind.place.format(**shown)
