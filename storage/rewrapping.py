"""Wrapped keys, and changing the key file that wraps them while others go on writing.

On PostgreSQL a fence in each table refuses what is wrapped with the old file, from the moment on at
which the new one is used: a process that does not know it yet keeps nothing, rather than something
that nobody could open once the old file is gone. On SQLite there is no other process.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table, bindparam, func, literal, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.errors import CannotSave
from storage.engine import transaction
from storage.tables import case_keys, community_keys, daily_keys, poll_keys, workspaces

AT_ONCE = 500
FENCED = "57GW1"  #: of the class in which PostgreSQL says that an operator intervened

#: By table what a wrapped key is bound to: the row's name for it, and that of a table. As services and
#: adapters have it where they wrap.
IN_KEY_STORE: dict[Table, Callable[[Any], tuple[str, str]]] = {
    case_keys: lambda row: (row.id, "case_keys"),
    community_keys: lambda row: (row.id, "community_keys"),
    poll_keys: lambda row: (row.id, "poll_keys"),
    daily_keys: lambda row: (f"day/{row.day.isoformat()}", "case_keys"),
}
IN_DATABASE: dict[Table, Callable[[Any], tuple[str, str]]] = {
    workspaces: lambda row: (f"{row.platform}/{row.place}", "workspaces"),
}

_REFUSE = f"""
    CREATE OR REPLACE FUNCTION refuse_old_wraps() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF get_byte(NEW.wrapped, 0) < TG_ARGV[0]::int THEN
            RAISE EXCEPTION 'wrapped with an old key file' USING ERRCODE = '{FENCED}';
        END IF;
        RETURN NEW;
    END $$
"""


async def fence(run: AsyncConnection, tables: Sequence[Table], epoch: int) -> None:
    """From the end of this transaction on nothing older is taken. Waits for whoever is writing."""
    if run.dialect.name != "postgresql":
        return
    await run.execute(text(_REFUSE))
    for table in tables:
        await run.execute(text(f"DROP TRIGGER IF EXISTS refuse_old_wraps ON {table.name}"))
        await run.execute(
            text(
                "CREATE TRIGGER refuse_old_wraps BEFORE INSERT OR UPDATE OF wrapped "
                f"ON {table.name} FOR EACH ROW EXECUTE FUNCTION refuse_old_wraps({epoch:d})"
            )
        )


@contextmanager
def heeding(stale: Callable[[], None] | None) -> Iterator[None]:
    """Tells whoever wraps when the fence refused: then there is a newer file."""
    try:
        yield
    except CannotSave as refused:
        heed(refused, stale)
        raise


def heed(refused: CannotSave, stale: Callable[[], None] | None) -> None:
    told: Any = getattr(refused.__cause__, "orig", refused.__cause__)
    if stale and getattr(told, "sqlstate", None) == FENCED:
        stale()


async def old(engine: AsyncEngine, table: Table, epoch: int) -> AsyncIterator[Sequence[Any]]:
    """Rows that are wrapped with another file than this one, page by page in the order of their keys."""
    key = list(table.primary_key.columns)
    other = func.substr(table.c.wrapped, 1, 1) != bytes([epoch])
    query = select(*key, table.c.wrapped).where(other).order_by(*key).limit(AT_ONCE)
    last: Sequence[Any] = ()
    while True:
        further = [literal(value, one.type) for value, one in zip(last, key, strict=bool(last))]
        page = query.where(tuple_(*key) > tuple_(*further)) if last else query
        async with transaction(engine) as run:
            rows = (await run.execute(page)).all()
        if not rows:
            return
        yield rows
        last = [getattr(rows[-1], one.name) for one in key]


async def change(engine: AsyncEngine, table: Table, anew: Sequence[tuple[Any, bytes]]) -> None:
    """Rows, each with its key wrapped anew, together; those that are still as they were read: one that
    was destroyed meanwhile is not made again."""
    key = list(table.primary_key.columns)
    mine = [one == bindparam(f"_{one.name}", type_=one.type) for one in key]
    changed = update(table).where(*mine, table.c.wrapped == bindparam("_was"))
    given = [
        {f"_{one.name}": getattr(row, one.name) for one in key}
        | {"_was": row.wrapped, "wrapped": new}
        for row, new in anew
    ]
    if given:
        async with transaction(engine) as run:
            await run.execute(changed, given)
