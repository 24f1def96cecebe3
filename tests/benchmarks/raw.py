"""The rows of one ``send``, written again by asyncpg: what figures 1, 2, 3 and 5 are measured against.

They are taken from both stores as ours left them, and written there under new names, of the same
lengths: one INSERT each, each committed by itself, one after another on one connection to each store.
"""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

#: Of both stores: the table, and which of its columns must be new each time.
ROWS = (
    ("key_store", "case_keys", ("id", "waiting")),
    ("database", "waiting", ("id", "lookup")),
    ("key_store", "drafts", ("id",)),
)


@dataclass(frozen=True)
class Row:
    """``new``: the places of values that are drawn anew each time."""

    store: str
    sql: str
    values: list[Any]
    new: list[int]

    def drawn(self) -> list[Any]:
        """Its values, for once."""
        return [like(one) if n in self.new else one for n, one in enumerate(self.values)]

    def told(self) -> list[Any]:
        """As JSON carries it to another process; see ``heard_of``."""
        values = [{"hex": one.hex()} if isinstance(one, bytes) else one for one in self.values]
        return [self.store, self.sql, values, self.new]


def heard_of(store: str, sql: str, values: list[Any], new: list[int]) -> Row:
    """What was ``told``."""
    typed = [bytes.fromhex(one["hex"]) if isinstance(one, dict) else one for one in values]
    return Row(store, sql, typed, new)


@dataclass(frozen=True)
class Raw:
    lines: Mapping[str, "asyncpg.Connection[Any]"]
    rows: tuple[Row, ...]

    async def write(self, many: int) -> int:
        """What so many sends keep."""
        for _ in range(many):
            for row in self.rows:
                await self.lines[row.store].execute(row.sql, *row.drawn())
        return many


@asynccontextmanager
async def raw_rows(stores: Mapping[str, str]) -> AsyncIterator[Raw]:
    """Of the last ``send`` on these stores. ``stores``: the address of each."""
    async with AsyncExitStack() as stack:
        lines = {name: await asyncpg.connect(plain(url)) for name, url in stores.items()}
        for line in lines.values():
            stack.push_async_callback(line.close)
        rows = [await _row(lines[store], store, *which) for store, *which in ROWS]
        yield Raw(lines, tuple(rows))


async def _row(
    line: "asyncpg.Connection[Any]", store: str, table: str, new: tuple[str, ...]
) -> Row:
    known = (
        "WHERE NOT settled" if table == "case_keys" else ""
    )  # not one that was put there to fill
    row = await line.fetchrow(f"SELECT * FROM {table} {known} LIMIT 1")
    assert row is not None, table
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    sql = f"INSERT INTO {table} ({', '.join(row.keys())}) VALUES ({places})"
    return Row(
        store, sql, list(row.values()), [n for n, one in enumerate(row.keys()) if one in new]
    )


def like(one: Any) -> Any:
    """As long, and new."""
    if isinstance(one, bytes):
        return secrets.token_bytes(len(one))
    return secrets.token_hex(len(one) // 2) if isinstance(one, str) else secrets.token_bytes(16)


def plain(url: str) -> str:
    """As asyncpg takes it."""
    return url.replace("+asyncpg", "")
