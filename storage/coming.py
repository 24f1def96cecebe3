"""When the clock will bring something next, of every kind, in one statement.

A tick asks this before all else: at most ticks nothing has come. Each is the first of an index,
looked up from its end, so that no plan of the server's ever reads a table for it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import What
from storage.tables import cases, communities, digests, pending_changes, polls, pulses


def _first(of: Column[Any], *where: ColumnElement[bool]) -> Any:
    return select(of).where(of.is_not(None), *where).order_by(of).limit(1).scalar_subquery()


_FIRST = {
    What.CLOSE: _first(polls.c.closes, polls.c.closed.is_(None)),
    What.WAVE: _first(pulses.c.next_wave),
    What.SLOT: _first(communities.c.next_slot),
    What.LOOK: _first(cases.c.look),
    What.DUTY: _first(communities.c.next_watch),
    What.CHANGE: _first(pending_changes.c.due),
    What.DIGEST: _first(digests.c.due),
}
_ALL = select(*(first.label(what) for what, first in _FIRST.items()))


async def coming(connection: AsyncConnection) -> Mapping[What, datetime]:
    """The next moment of each kind that has one, past ones included."""
    found = (await connection.execute(_ALL)).one()
    return {what: at for what, at in zip(_FIRST, found, strict=True) if at is not None}
