"""What a thief finds of the ballots of one poll, in a SQLite file or on a PostgreSQL server, and
every order in which that lies there: each is a guess at the order in which the ballots came.

Reads what is stored and knows nothing of keys.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.settings import Where
from storage.engine import open_engine

PAGE = 4096
INSIDE = slice(2000, 2032)  #: of a long ballot: it lies on a page of its own, apart from the tag
OWN = ("poll", "tag", "sealed")


@dataclass(frozen=True)
class Loot:
    """``orders``: name -> the tags, as they lie by that. ``lengths``: how many bytes each takes."""

    orders: dict[str, list[bytes]]
    lengths: dict[bytes, int]


async def looted(where: Where, poll: str) -> Loot:
    if where.database.startswith("sqlite"):
        return _file(where.data / "groundswell.db", poll)
    engine = open_engine(where.database)
    try:
        async with engine.connect() as connection:
            return await _server(connection, poll)
    finally:
        await engine.dispose()


def _file(file: Path, poll: str) -> Loot:
    """The file itself, byte by byte, and all that SQL shows of it."""
    lies_there = file.read_bytes()
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT * FROM ballots WHERE poll = ?", (poll,)).fetchall()
        try:
            numbered = "SELECT tag FROM ballots WHERE poll = ? ORDER BY rowid"
            by_row_id = [tag for (tag,) in database.execute(numbered, (poll,))]
        except sqlite3.OperationalError:
            by_row_id = []  # there are none
    sealed = {row["tag"]: row["sealed"] for row in rows}
    at = {tag: lies_there.index(tag + sealed[tag][:16]) for tag in sealed}
    orders = _shown(sealed, rows, OWN) | {
        "place in the file": sorted(sealed, key=at.__getitem__),
        "page, and from its end": sorted(sealed, key=lambda tag: (at[tag] // PAGE, -at[tag])),
    }
    if all(len(one) > INSIDE.stop for one in sealed.values()):
        far = {tag: lies_there.index(one[INSIDE]) for tag, one in sealed.items()}
        orders |= {"place of its inside": sorted(sealed, key=far.__getitem__)}
        orders |= {f"place of its inside, turned by {n}": _turned(far, n) for n in range(3)}
    return Loot(orders | ({"row id": by_row_id} if by_row_id else {}), _lengths(sealed))


def _turned(far: dict[bytes, int], by: int) -> list[bytes]:
    """Pages are handed out again last in, first out: whose were these before all was written anew,
    if the ballots left them in the order of their tags?"""
    tags = sorted(far)
    now = {tag: tags[(by - 1 - n) % len(tags)] for n, tag in enumerate(tags)}
    return sorted(tags, key=lambda tag: far[now[tag]])


async def _server(connection: AsyncConnection, poll: str) -> Loot:
    """All that SQL shows a superuser: rows, their places and transactions, and those of the parts
    that PostgreSQL keeps apart because they are long."""
    query = "SELECT *, ctid::text AS place, xmin::text::bigint AS writer FROM ballots"
    query += " WHERE poll = :poll ORDER BY ctid"
    found = await connection.execute(text(query), {"poll": poll})
    rows = [dict(row) for row in found.mappings()]
    sealed = {row["tag"]: row["sealed"] for row in rows}
    orders = _shown(sealed, rows, (*OWN, "place"))  # as they came: by place
    apart = "SELECT reltoastrelid::regclass FROM pg_class WHERE oid = 'ballots'::regclass"
    toast = await connection.scalar(text(apart))
    parts = "SELECT chunk_id, chunk_data, ctid, xmin::text::bigint AS writer FROM {} WHERE "
    parts = parts.format(toast) + "chunk_seq = 0 ORDER BY ctid"
    kept = {bytes(one.chunk_data): one for one in await connection.execute(text(parts))}
    length = min(map(len, kept), default=0)
    whose = {one[:length]: tag for tag, one in sealed.items()}
    mine = {whose[first[:length]]: one for first, one in kept.items() if first[:length] in whose}
    if len(mine) == len(sealed):
        orders |= {
            "place of its parts": list(mine),
            "number of its parts": sorted(mine, key=lambda tag: mine[tag].chunk_id),
            "writer of its parts": sorted(mine, key=lambda tag: mine[tag].writer),
        }
    return Loot(orders, _lengths(sealed))


def _shown(sealed: dict[bytes, bytes], rows: Any, own: tuple[str, ...]) -> dict[str, list[bytes]]:
    """As a dump shows them, and by whatever else stands in a column."""
    orders = {
        "as they are read": [row["tag"] for row in rows],
        "tag": sorted(sealed),
        "what is sealed": sorted(sealed, key=sealed.__getitem__),
    }
    for name in dict(rows[0]).keys() - set(own):
        orders[f"column {name}"] = [r["tag"] for r in sorted(rows, key=lambda r: r[name])]
    return orders


def _lengths(sealed: dict[bytes, bytes]) -> dict[bytes, int]:
    return {tag: len(one) for tag, one in sealed.items()}
