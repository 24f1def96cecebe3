"""Sealed ballots in SQL: read, and written anew, in the order of tags.

Knows no moment and no order, and cannot open what it keeps.
"""

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.polls import PollId
from storage.tables import ballots, polls

#: What holds of a poll that can be answered.
OPEN_AT_NOW: tuple[ColumnElement[bool], ...] = (
    polls.c.closed.is_(None),
    polls.c.closes > bindparam("now"),
)

#: All are deleted before the first is inserted: the order is known only when the last was read.
_SETTLE = text("""
    WITH gone AS (DELETE FROM ballots WHERE poll = :poll RETURNING poll, tag, sealed)
    INSERT INTO ballots (poll, tag, sealed) SELECT poll, tag, sealed FROM gone ORDER BY tag
""")

#: SQLite gives the pages that a row leaves to the next one. Deleted by tag, the longest ballots
#: would lie where, turned around, one could still read which came when: so in no order at all.
_IN_NO_ORDER = select(ballots.c.tag.label("gone")).order_by(func.random())
_LEAVE = delete(ballots).where(ballots.c.tag == bindparam("gone"))


class SqlBallots:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ballots(self, poll: PollId) -> list[bytes]:
        query = select(ballots.c.sealed).where(ballots.c.poll == poll).order_by(ballots.c.tag)
        return list(await self._connection.scalars(query))

    async def settle(self, poll: PollId) -> int:
        if self._connection.dialect.name == "postgresql":
            # A statement before, so that the next one sees every ballot that came until the lock.
            await self._connection.execute(
                select(polls.c.id).where(polls.c.id == poll).with_for_update()
            )
            return (await self._connection.execute(_SETTLE, {"poll": poll})).rowcount
        mine = ballots.c.poll == poll
        found = await self._connection.execute(select(ballots).where(mine).order_by(ballots.c.tag))
        rows = [dict(row) for row in found.mappings()]
        if rows:
            leaving = await self._connection.execute(_IN_NO_ORDER.where(mine))
            gone = [dict(row) for row in leaving.mappings()]
            await self._connection.execute(_LEAVE.where(mine), gone)
            await self._connection.execute(insert(ballots), rows)
        return len(rows)
