"""Every row of a database out of one snapshot, and into an empty one: what a backup is made of.

Tables are taken as the database has them, not as this program would: so a backup can be made before
a migration, and one of an older program be brought in. Only those that are named here are: a new one
is in no backup before somebody decided on it. Never holds more than some hundred rows.
"""

import base64
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from sqlalchemy import JSON, Connection, MetaData, Table, event, insert, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from storage.engine import PATIENCE
from storage.refusing import refusing
from storage.schema import Chain

AT_ONCE = 500  #: rows
#: In every copy. A name stays here when a later schema has it no more.
COPIED = {
    Chain.MAIN: {
        *("accounts", "audit", "audit_acts", "cases", "communities", "digest_weeks", "digests"),
        *(
            "duty_changes",
            "entries",
            "grants",
            "installation",
            "ledger",
            "outbox",
            "pending_changes",
        ),
        *("polls", "pulses", "spaces", "staff", "waiting", "workspaces"),
    },
    Chain.KEYS: {"case_keys", "community_keys", "homes", "installation", "tombstones"},
}
#: In no copy, being what opens nothing any more once it was copied, or must not be in any. Of the database: ballots and redelivery marks, whose keys are in no copy either; how far
#: each platform has read. Of the key store: forms half done, and the keys of open polls and of days.
LEFT_OUT = {
    Chain.MAIN: {"alembic_version", "ballots", "marks", "platform_memory"},
    Chain.KEYS: {"alembic_version", "drafts", "poll_keys", "daily_keys"},
}

Row = Mapping[str, Any]


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[AsyncConnection]:
    """A database as it is at one moment, whoever goes on writing; nobody waits for the reader."""
    if url.startswith("sqlite"):
        engine = create_async_engine(url, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _only_read)
        event.listen(engine.sync_engine, "begin", _begin)
    else:
        engine = create_async_engine(
            url, hide_parameters=True, isolation_level="REPEATABLE READ"
        ).execution_options(postgresql_readonly=True)
    try:
        with refusing():
            async with engine.connect() as connection:
                yield connection
    finally:
        await engine.dispose()


async def tables(connection: AsyncConnection, chain: Chain) -> list[Table]:
    """Those that are copied, as they are there; what others lean on comes first."""
    found = await connection.run_sync(_reflected)
    return [one for one in found.sorted_tables if one.name in COPIED[chain]]


async def rows(connection: AsyncConnection, table: Table) -> AsyncIterator[Sequence[Row]]:
    """All of a table, in the order of its key, which tells nothing."""
    key = list(table.primary_key.columns)
    query = select(table).order_by(*key).limit(AT_ONCE)
    last: Sequence[Any] = ()
    while True:
        further = [literal(value, one.type) for value, one in zip(last, key, strict=bool(last))]
        page = query.where(tuple_(*key) > tuple_(*further)) if last else query
        found = [dict(row) for row in (await connection.execute(page)).mappings()]
        if found:
            yield found
        if len(found) < AT_ONCE:
            return
        last = [found[-1][one.name] for one in key]


async def empty(connection: AsyncConnection) -> bool:
    """Whether nothing but a schema is there."""
    found = await connection.run_sync(_reflected)
    for table in found.sorted_tables:
        known = table.name == "alembic_version"
        if not known and (await connection.execute(select(table).limit(1))).first():
            return False
    return True


async def put(connection: AsyncConnection, table: Table, new: Sequence[Row]) -> None:
    await connection.execute(insert(table), [dict(row) for row in new])


def encoded(row: Row) -> list[Any]:
    """As JSON can say it."""
    return [_said(value) for value in row.values()]


def decoded(table: Sequence[str], said: Iterable[Any]) -> Row:
    return dict(zip(table, map(_meant, said), strict=True))


def _said(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return {"j": value} if isinstance(value, dict | list) else value


def _meant(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    ((kind, value),) = said.items()
    if kind == "b":
        return base64.b64decode(value)
    return date.fromisoformat(value) if kind == "d" else value


def line(words: Any) -> bytes:
    return json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _reflected(connection: Connection) -> MetaData:
    found = MetaData()
    event.listen(found, "column_reflect", _nothing_is_null)
    found.reflect(connection)
    return found


def _nothing_is_null(inspector: Any, table: Table, column: dict[str, Any]) -> None:
    """No value at all is none in a column of JSON, too."""
    if isinstance(column["type"], JSON):
        column["type"] = JSON(none_as_null=True)


def _only_read(raw: Any, entry: Any) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves
    cursor = raw.cursor()
    cursor.execute("PRAGMA query_only = ON")
    cursor.execute(PATIENCE)
    cursor.close()


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")
